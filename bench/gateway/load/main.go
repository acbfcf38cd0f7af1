// The client of both sides: a number of callers, each with one call in flight, for a while. It runs beside the server on
// the same processors, so it does little: ready-made bytes out, and of the answer only what tells that it is right.
//
//	-mode http   POST /v1/entries, a keep-alive connection for each caller
//	-mode grpc   AddEntry, one channel for all callers
//
// Prints {"rate": calls/s, "p50_us": .., "p99_us": .., "calls": ..}.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// A call sends one request and waits for its answer.
type call func() error

func fail(err error) {
	fmt.Fprintln(os.Stderr, "load:", err)
	os.Exit(1)
}

// drive lets every caller call until the time is over; it gives the duration of each call, sorted.
func drive(callers []call, duration time.Duration) []time.Duration {
	took := make([][]time.Duration, len(callers))
	end := time.Now().Add(duration)
	var all sync.WaitGroup
	for i, each := range callers {
		took[i] = make([]time.Duration, 0, 1<<17)
		all.Go(func() {
			for start := time.Now(); start.Before(end); {
				if err := each(); err != nil {
					fail(err)
				}
				now := time.Now()
				took[i] = append(took[i], now.Sub(start))
				start = now
			}
		})
	}
	all.Wait()
	sorted := slices.Concat(took...)
	slices.Sort(sorted)
	return sorted
}

func main() {
	mode := flag.String("mode", "http", "http or grpc")
	addr := flag.String("addr", "", "host:port")
	count := flag.Int("c", 1, "callers")
	duration := flag.Duration("d", 2*time.Second, "how long to measure")
	warm := flag.Duration("warm", 300*time.Millisecond, "how long to call before that")
	flag.Parse()

	callers, err := map[string]func(string, int) ([]call, error){"http": httpCallers, "grpc": grpcCallers}[*mode](*addr, *count)
	if err != nil {
		fail(err)
	}
	drive(callers, *warm)
	start := time.Now()
	took := drive(callers, *duration)
	seconds := time.Since(start).Seconds()
	us := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Nanoseconds()) / 1000 }
	result := map[string]any{"rate": float64(len(took)) / seconds, "p50_us": us(0.5), "p99_us": us(0.99), "calls": len(took)}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		fail(err)
	}
}
