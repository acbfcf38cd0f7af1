//go:build !headers

// What asynq had before v0.26.0.
package main

import (
	"errors"

	"github.com/hibiken/asynq"
)

func newTask(name string, payload []byte, _ map[string]string) *asynq.Task {
	return asynq.NewTask(name, payload)
}

func headersOf(*asynq.Task) map[string]string { return nil }

func updatePayload(*asynq.Inspector, string, string, []byte) error {
	return errors.New("this version has no UpdateTaskPayload")
}
