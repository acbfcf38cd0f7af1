package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hibiken/asynq"
)

// handle does what the task's type asks for.
func (a *agent) handle(ctx context.Context, task *asynq.Task) error {
	id, _ := asynq.GetTaskID(ctx)
	retried, _ := asynq.GetRetryCount(ctx)
	if task.Type() == "count" {
		return a.count(ctx, id, retried, task)
	}
	queue, _ := asynq.GetQueueName(ctx)
	maxRetry, _ := asynq.GetMaxRetry(ctx)
	deadline, _ := ctx.Deadline()
	headers := headersOf(task)
	if headers == nil {
		headers = map[string]string{}
	}
	a.say(map[string]any{"handled": answer{
		"id": id, "type": task.Type(), "payload": hex.EncodeToString(task.Payload()), "headers": headers, "queue": queue,
		"retried": retried, "max_retry": maxRetry, "deadline": deadline.Unix(),
	}})
	switch task.Type() {
	case "fail":
		return errors.New(string(task.Payload()))
	case "skip":
		return fmt.Errorf("%s: %w", task.Payload(), asynq.SkipRetry)
	case "result":
		_, err := task.ResultWriter().Write(task.Payload())
		return err
	case "hang":
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

// count takes the time that its payload says, fails the first attempt where that says so, and leaves one mark.
func (a *agent) count(ctx context.Context, id string, retried int, task *asynq.Task) error {
	words := strings.Fields(string(task.Payload())) // the hash of the marks, ms, whether to fail first
	ms, err := strconv.Atoi(words[1])
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(ms) * time.Millisecond):
	}
	if words[2] == "fail" && retried == 0 {
		return errors.New("the first attempt fails")
	}
	return a.effects.HIncrBy(ctx, words[0], id, 1).Err()
}

func aggregate(group string, tasks []*asynq.Task) *asynq.Task {
	var payloads []string
	for _, task := range tasks {
		payloads = append(payloads, string(task.Payload()))
	}
	return asynq.NewTask("batch", []byte(group+":"+strings.Join(payloads, ",")))
}

func (a *agent) work(r *request) (answer, error) {
	config := asynq.Config{
		Concurrency:              r.Concurrency,
		Queues:                   map[string]int{r.Queue: 1},
		RetryDelayFunc:           func(int, error, *asynq.Task) time.Duration { return seconds(r.Retry) },
		DelayedTaskCheckInterval: time.Second,
		ShutdownTimeout:          time.Second,
		LogLevel:                 asynq.ErrorLevel,
	}
	if r.Aggregate {
		config.GroupAggregator = asynq.GroupAggregatorFunc(aggregate)
		config.GroupGracePeriod = time.Second
	}
	server := asynq.NewServer(a.redis, config)
	if err := server.Start(asynq.HandlerFunc(a.handle)); err != nil {
		return nil, err
	}
	a.servers[r.Queue] = server
	return answer{"pid": os.Getpid()}, nil
}

func (a *agent) stop(r *request) (answer, error) {
	server, running := a.servers[r.Queue]
	if !running {
		return nil, errors.New("no server works on " + r.Queue)
	}
	delete(a.servers, r.Queue)
	server.Shutdown()
	return answer{}, nil
}
