package main

import "flag"

// Sets how long each benchmark runs.
func setTime(text string) error {
	return flag.Set("test.benchtime", text)
}
