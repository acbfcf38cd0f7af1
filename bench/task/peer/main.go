// The peer of bench/task: asynq's own client and server, one workload a call, as its documentation sets them up. Prints
// one JSON line with its figures and its version.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

const (
	taskType     = "bench:noop"
	payloadBytes = 64
	lookEvery    = 2 * time.Millisecond
	idleBefore   = 1500 * time.Millisecond
	limit        = 5 * time.Minute
)

var (
	address     = flag.String("redis", "", "host:port")
	tasks       = flag.Int("tasks", 0, "how many")
	callers     = flag.Int("callers", 1, "enqueue: goroutines that share one client")
	concurrency = flag.Int("concurrency", 1, "process, pickup")
	every       = flag.Int("every-ms", 50, "pickup: between two tasks")
	check       = flag.Duration("check", 0, "pickup: TaskCheckInterval; 0 for asynq's default")
	began       = time.Now()
)

type figures map[string]any

func enqueue() (figures, error) {
	client := asynq.NewClient(asynq.RedisClientOpt{Addr: *address})
	defer client.Close()
	payload := make([]byte, payloadBytes)
	if _, err := client.Enqueue(asynq.NewTask(taskType, payload)); err != nil { // connects
		return nil, err
	}
	var left atomic.Int64
	left.Store(int64(*tasks) - 1)
	failed := make(chan error, *callers)
	var group sync.WaitGroup
	start := time.Now()
	for range *callers {
		group.Go(func() {
			for left.Add(-1) >= 0 {
				if _, err := client.Enqueue(asynq.NewTask(taskType, payload)); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	group.Wait()
	took := time.Since(start)
	select {
	case err := <-failed:
		return nil, err
	default:
		return figures{"rate": float64(*tasks) / took.Seconds()}, nil
	}
}

func newServer() *asynq.Server {
	return asynq.NewServer(asynq.RedisClientOpt{Addr: *address},
		asynq.Config{Concurrency: *concurrency, TaskCheckInterval: *check, LogLevel: asynq.WarnLevel})
}

func nothingLeft(client *redis.Client) (bool, error) {
	for _, list := range []string{"pending", "active"} {
		length, err := client.LLen(context.Background(), "asynq:{default}:"+list).Result()
		if err != nil || length > 0 {
			return false, err
		}
	}
	return true, nil
}

// process takes from the start of the server until nothing is pending or active any more.
func process() (figures, error) {
	client := redis.NewClient(&redis.Options{Addr: *address})
	defer client.Close()
	var handled atomic.Int64
	server := newServer()
	start := time.Now()
	if err := server.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error {
		handled.Add(1)
		return nil
	})); err != nil {
		return nil, err
	}
	defer server.Shutdown()
	for time.Since(start) < limit {
		time.Sleep(lookEvery)
		if handled.Load() < int64(*tasks) {
			continue
		}
		empty, err := nothingLeft(client)
		if err != nil {
			return nil, err
		}
		if empty {
			return figures{"rate": float64(*tasks) / time.Since(start).Seconds(), "handled": handled.Load()}, nil
		}
	}
	return nil, fmt.Errorf("%d of %d tasks were handled", handled.Load(), *tasks)
}

// pickUp takes from just before Enqueue until the handler's first line, on a server that has nothing else to do.
func pickUp() (figures, error) {
	arrived := make(chan time.Duration, *tasks)
	server := newServer()
	if err := server.Start(asynq.HandlerFunc(func(_ context.Context, task *asynq.Task) error {
		arrived <- time.Since(began) - time.Duration(binary.LittleEndian.Uint64(task.Payload()))
		return nil
	})); err != nil {
		return nil, err
	}
	defer server.Shutdown()
	client := asynq.NewClient(asynq.RedisClientOpt{Addr: *address})
	defer client.Close()
	time.Sleep(idleBefore)
	ticker := time.NewTicker(time.Duration(*every) * time.Millisecond)
	for range *tasks {
		<-ticker.C
		payload := make([]byte, payloadBytes)
		binary.LittleEndian.PutUint64(payload, uint64(time.Since(began)))
		if _, err := client.Enqueue(asynq.NewTask(taskType, payload)); err != nil {
			return nil, err
		}
	}
	latencies := make([]float64, 0, *tasks)
	timer := time.After(limit)
	for range *tasks {
		select {
		case latency := <-arrived:
			latencies = append(latencies, latency.Seconds()*1e3)
		case <-timer:
			return nil, fmt.Errorf("%d of %d tasks arrived", len(latencies), *tasks)
		}
	}
	slices.Sort(latencies)
	return figures{
		"p50_ms": latencies[len(latencies)/2],
		"p99_ms": latencies[len(latencies)*99/100],
		"max_ms": latencies[len(latencies)-1],
	}, nil
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/hibiken/asynq" {
			return module.Version
		}
	}
	return "?"
}

func main() {
	flag.Parse()
	workloads := map[string]func() (figures, error){"enqueue": enqueue, "process": process, "pickup": pickUp}
	workload, known := workloads[flag.Arg(0)]
	if !known {
		log.Fatalf("no workload %q", flag.Arg(0))
	}
	measured, err := workload()
	if err != nil {
		log.Fatal(err)
	}
	measured["version"] = version()
	line, err := json.Marshal(measured)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
}
