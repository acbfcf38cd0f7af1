package main

import (
	"fmt"
	"time"

	"github.com/hibiken/asynq"
)

func seconds(s int64) time.Duration { return time.Duration(s) * time.Second }

func optionsOf(r *request) []asynq.Option {
	options := []asynq.Option{asynq.Queue(r.Queue)}
	add := func(set bool, option asynq.Option) {
		if set {
			options = append(options, option)
		}
	}
	of := func(value *int64) int64 {
		if value == nil {
			return 0
		}
		return *value
	}
	if r.MaxRetry != nil {
		options = append(options, asynq.MaxRetry(*r.MaxRetry))
	}
	add(r.ID != "", asynq.TaskID(r.ID))
	add(r.Group != "", asynq.Group(r.Group))
	add(r.Timeout != nil, asynq.Timeout(seconds(of(r.Timeout))))
	add(r.Deadline != nil, asynq.Deadline(time.Unix(of(r.Deadline), 0)))
	add(r.Unique != nil, asynq.Unique(seconds(of(r.Unique))))
	add(r.ProcessAt != nil, asynq.ProcessAt(time.Unix(of(r.ProcessAt), 0)))
	add(r.ProcessIn != nil, asynq.ProcessIn(seconds(of(r.ProcessIn))))
	add(r.Retention != nil, asynq.Retention(seconds(of(r.Retention))))
	return options
}

func (a *agent) enqueue(r *request) (answer, error) {
	payload, err := payloadOf(r)
	if err != nil {
		return nil, err
	}
	info, err := a.client.Enqueue(newTask(r.Type, payload, r.Headers), optionsOf(r)...)
	if err != nil {
		return nil, err
	}
	return answer{"id": info.ID, "queue": info.Queue, "state": info.State.String()}, nil
}

// enqueueMany adds tasks one after the other; where none is given, the payload of each is its id.
func (a *agent) enqueueMany(r *request) (answer, error) {
	payload, err := payloadOf(r)
	if err != nil {
		return nil, err
	}
	for i := range r.Count {
		id := fmt.Sprintf("%s%d", r.Ahead, i)
		task := asynq.NewTask(r.Type, payload)
		if r.Payload == nil {
			task = asynq.NewTask(r.Type, []byte(id))
		}
		options := append(optionsOf(r), asynq.TaskID(id))
		if _, err := a.client.Enqueue(task, options...); err != nil {
			return nil, err
		}
	}
	return answer{"added": r.Count}, nil
}
