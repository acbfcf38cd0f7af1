// The peer of the differential test: github.com/robfig/cron/v3. Answers on stdout what it is asked on stdin, a line
// each: spec, zone of a spec that names none, and a Unix time, with tabs between them; "error", "never", the Unix time
// at which the schedule fires next, or "hang" when it has not come to an end after two seconds.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Parsing panics where nothing follows TZ=UTC: that is a refusal too.
func parse(spec string) (schedule cron.Schedule, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	return cron.ParseStandard(spec)
}

func answer(line string) string {
	second := strings.LastIndexByte(line, '\t')
	if second < 0 {
		return "bad line"
	}
	first := strings.LastIndexByte(line[:second], '\t')
	if first < 0 {
		return "bad line"
	}
	zone, zoneErr := time.LoadLocation(line[first+1 : second])
	seconds, timeErr := strconv.ParseInt(line[second+1:], 10, 64)
	if zoneErr != nil || timeErr != nil {
		return "bad line"
	}
	schedule, err := parse(line[:first])
	if err != nil {
		return "error"
	}
	next := make(chan time.Time, 1)
	go func() { next <- schedule.Next(time.Unix(seconds, 0).In(zone)) }()
	select {
	case found := <-next:
		if found.IsZero() {
			return "never"
		}
		return strconv.FormatInt(found.Unix(), 10)
	case <-time.After(2 * time.Second):
		return "hang" // its goroutine spins until the program ends
	}
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Fprintln(out, answer(lines.Text()))
	}
}
