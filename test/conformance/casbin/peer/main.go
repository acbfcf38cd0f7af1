// The Casbin side of test/conformance/casbin. Prints worlds with their requests and Casbin's answers, a JSON line each.
//
//	peer record MODULE WORK        what the tests of the module in MODULE ask; WORK is a folder to be made
//	peer generate SEED REQUESTS    random worlds
package main

import (
	"fmt"
	"os"
	"strconv"
)

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("record MODULE WORK, or generate SEED REQUESTS")
	}
	switch args[0] {
	case "record":
		return record(args[1], args[2])
	case "generate":
		seed, err := strconv.ParseUint(args[1], 10, 64)
		if err != nil {
			return err
		}
		requests, err := strconv.Atoi(args[2])
		if err != nil {
			return err
		}
		return generate(seed, requests)
	default:
		return fmt.Errorf("there is no %s", args[0])
	}
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}
