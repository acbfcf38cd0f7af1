// One side of test/interop/asynq: does what JSON lines on stdin ask with Go's asynq, answers each with a line, and says
// what its handlers see in lines of their own. Ends, without a word to Redis, when stdin does.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"sync"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// request has the arguments of every operation.
type request struct {
	Op    string `json:"op"`
	Queue string `json:"queue"`
	ID    string `json:"id"`
	State string `json:"state"`
	Group string `json:"group"`

	Type      string            `json:"type"`
	Payload   *string           `json:"payload"` // hex; absent: nil
	Headers   map[string]string `json:"headers"`
	MaxRetry  *int              `json:"max_retry"`
	Timeout   *int64            `json:"timeout_s"`
	Deadline  *int64            `json:"deadline"`
	Unique    *int64            `json:"unique_s"`
	ProcessAt *int64            `json:"process_at"`
	ProcessIn *int64            `json:"process_in_s"`
	Retention *int64            `json:"retention_s"`

	Count int    `json:"count"`
	Ahead string `json:"ahead"` // what the ids begin with

	Concurrency int   `json:"concurrency"`
	Retry       int64 `json:"retry_s"`
	Aggregate   bool  `json:"aggregate"`

	Spec string `json:"spec"`

	Kind  string `json:"kind"`
	Bytes string `json:"bytes"`
}

type answer map[string]any

// agent keeps what the operations share.
type agent struct {
	redis     asynq.RedisClientOpt
	client    *asynq.Client
	inspector *asynq.Inspector
	effects   *redis.Client
	servers   map[string]*asynq.Server // by queue
	scheduler *asynq.Scheduler

	output sync.Mutex
}

func (a *agent) say(line any) {
	text, err := json.Marshal(line)
	if err != nil {
		log.Fatal(err)
	}
	a.output.Lock()
	defer a.output.Unlock()
	os.Stdout.Write(append(text, '\n'))
}

func (a *agent) run(r *request) (answer, error) {
	switch r.Op {
	case "enqueue":
		return a.enqueue(r)
	case "enqueue_many":
		return a.enqueueMany(r)
	case "work":
		return a.work(r)
	case "stop":
		return a.stop(r)
	case "schedule":
		return a.schedule(r)
	case "unschedule":
		return a.unschedule()
	case "decode":
		return decode(r)
	}
	return a.inspect(r)
}

// refusal names the errors that both sides must agree on.
func refusal(err error) string {
	switch {
	case errors.Is(err, asynq.ErrDuplicateTask):
		return "duplicate"
	case errors.Is(err, asynq.ErrTaskIDConflict):
		return "conflict"
	case errors.Is(err, asynq.ErrQueueNotFound):
		return "no queue"
	case errors.Is(err, asynq.ErrTaskNotFound):
		return "no task"
	}
	// GetQueueInfo and others do not wrap it.
	if strings.HasPrefix(err.Error(), "NOT_FOUND: queue ") {
		return "no queue"
	}
	return err.Error()
}

func payloadOf(r *request) ([]byte, error) {
	if r.Payload == nil {
		return nil, nil
	}
	bytes, err := hex.DecodeString(*r.Payload)
	if bytes == nil {
		bytes = []byte{}
	}
	return bytes, err
}

func main() {
	address := flag.String("redis", "", "host:port")
	flag.Parse()
	option := asynq.RedisClientOpt{Addr: *address}
	a := &agent{
		redis:     option,
		client:    asynq.NewClient(option),
		inspector: asynq.NewInspector(option),
		effects:   redis.NewClient(&redis.Options{Addr: *address}),
		servers:   map[string]*asynq.Server{},
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			log.Fatalf("%s: %v", lines.Text(), err)
		}
		given, err := a.run(&r)
		if err != nil {
			given = answer{"refused": refusal(err)}
		}
		a.say(map[string]any{"answer": given})
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
