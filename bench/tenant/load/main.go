// A load client that costs little: one goroutine and one connection for each request in flight, HTTP written and read by hand.
// Prints one JSON object: how many calls a second, and how long they took.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"sort"
	"sync"
	"time"
)

// A caller does one call. Each goroutine has its own.
type caller func() error

func main() {
	mode := flag.String("mode", "create", "create, get-rest or get-grpc")
	addr := flag.String("addr", "", "host:port")
	key := flag.String("key", "", "API key")
	tenant := flag.String("tenant", "", "the tenant to get")
	clients := flag.Int("c", 1, "requests in flight")
	duration := flag.Duration("d", 4*time.Second, "how long to measure")
	flag.Parse()
	log.SetFlags(0)

	callers := make([]caller, *clients)
	for i := range callers {
		var err error
		if callers[i], err = newCaller(*mode, *addr, *key, *tenant, i); err != nil {
			log.Fatal(err)
		}
		// Connections, caches and prepared statements are made before the clock runs.
		for n := 0; n < 3; n++ {
			if err = callers[i](); err != nil {
				log.Fatal(err)
			}
		}
	}
	took := measure(callers, *duration)
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	at := func(share float64) float64 {
		return float64(took[int(share*float64(len(took)-1))].Microseconds())
	}
	json.NewEncoder(os.Stdout).Encode(map[string]float64{
		"count": float64(len(took)), "rate": float64(len(took)) / duration.Seconds(), "p50_us": at(0.5), "p99_us": at(0.99)})
}

// measure returns how long each call took; calls that end after the time is up do not count.
func measure(callers []caller, duration time.Duration) []time.Duration {
	var mutex sync.Mutex
	var group sync.WaitGroup
	var all []time.Duration
	end := time.Now().Add(duration)
	for _, call := range callers {
		group.Add(1)
		go func(call caller) {
			defer group.Done()
			var mine []time.Duration
			for {
				began := time.Now()
				if err := call(); err != nil {
					log.Fatal(err)
				}
				now := time.Now()
				if now.After(end) {
					break
				}
				mine = append(mine, now.Sub(began))
			}
			mutex.Lock()
			all = append(all, mine...)
			mutex.Unlock()
		}(call)
	}
	group.Wait()
	if len(all) == 0 {
		log.Fatal("no call ended in time")
	}
	return all
}

func newCaller(mode, addr, key, tenant string, number int) (caller, error) {
	switch mode {
	case "create":
		return newCreator(addr, key, number)
	case "get-rest":
		return newRestGetter(addr, key, tenant)
	case "get-grpc":
		return newGrpcGetter(addr, key, tenant)
	}
	return nil, fmt.Errorf("unknown mode %q", mode)
}
