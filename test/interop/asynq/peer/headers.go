//go:build headers

package main

import "github.com/hibiken/asynq"

func newTask(name string, payload []byte, headers map[string]string) *asynq.Task {
	if len(headers) == 0 {
		return asynq.NewTask(name, payload)
	}
	return asynq.NewTaskWithHeaders(name, payload, headers)
}

func headersOf(task *asynq.Task) map[string]string { return task.Headers() }

func updatePayload(inspector *asynq.Inspector, queue, id string, payload []byte) error {
	return inspector.UpdateTaskPayload(queue, id, payload)
}
