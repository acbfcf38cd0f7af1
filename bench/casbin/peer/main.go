// The peer of bench/casbin: Go's casbin on the same policy and requests as ours.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/casbin/casbin/v2"
	fileadapter "github.com/casbin/casbin/v2/persist/file-adapter"
)

type asked struct {
	CheckUS float64 `json:"check_us"`
	Checks  int     `json:"checks"`
	Refused int     `json:"refused"`
}

type result struct {
	LoadS   float64 `json:"load_s"`
	LoadMB  float64 `json:"load_mb"`
	Asked   []asked `json:"asked"`
	Version string  `json:"version"`
}

// peakMegabytes is not that of getrusage, which remembers what started the program.
func peakMegabytes() float64 {
	text, _ := os.ReadFile("/proc/self/status")
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	kilobytes, _ := strconv.ParseFloat(strings.Fields(after)[0], 64)
	return kilobytes / 1024
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/casbin/casbin/v2" {
			return module.Version
		}
	}
	return "?"
}

func readRequests(path string) ([][]any, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var requests [][]any
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var request []any
		for _, field := range strings.Fields(line) {
			request = append(request, field)
		}
		requests = append(requests, request)
	}
	return requests, nil
}

// ask asks for so many seconds, but at least three requests.
func ask(e *casbin.Enforcer, path string, seconds float64) (asked, error) {
	measured := asked{}
	requests, err := readRequests(path)
	if err != nil {
		return measured, err
	}
	if _, err := e.Enforce(requests[0]...); err != nil { // compiles the matcher
		return measured, err
	}
	checking := time.Now()
	for measured.Checks < 3 || time.Since(checking).Seconds() < seconds {
		ok, err := e.Enforce(requests[measured.Checks%len(requests)]...)
		if err != nil || !ok {
			measured.Refused++
		}
		measured.Checks++
	}
	measured.CheckUS = float64(time.Since(checking).Microseconds()) / float64(measured.Checks)
	return measured, nil
}

func run(model, policy string, seconds float64, paths []string) error {
	e, err := casbin.NewEnforcer(model)
	if err != nil {
		return err
	}
	loading := time.Now()
	e.SetAdapter(fileadapter.NewAdapter(policy))
	if err := e.LoadPolicy(); err != nil {
		return err
	}
	measured := result{LoadS: time.Since(loading).Seconds(), LoadMB: peakMegabytes(), Version: version()}
	for _, path := range paths {
		one, err := ask(e, path, seconds)
		if err != nil {
			return err
		}
		measured.Asked = append(measured.Asked, one)
	}
	return json.NewEncoder(os.Stdout).Encode(measured)
}

func main() {
	seconds, err := strconv.ParseFloat(os.Args[3], 64)
	if err == nil {
		err = run(os.Args[1], os.Args[2], seconds, os.Args[4:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}
