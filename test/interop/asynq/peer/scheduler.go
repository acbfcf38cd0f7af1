package main

import (
	"encoding/hex"
	"errors"
	"slices"

	"github.com/hibiken/asynq"
)

// schedule starts a scheduler with one entry.
func (a *agent) schedule(r *request) (answer, error) {
	payload, err := payloadOf(r)
	if err != nil {
		return nil, err
	}
	a.scheduler = asynq.NewScheduler(a.redis, &asynq.SchedulerOpts{LogLevel: asynq.ErrorLevel})
	id, err := a.scheduler.Register(r.Spec, newTask(r.Type, payload, r.Headers), optionsOf(r)...)
	if err != nil {
		return nil, err
	}
	return answer{"entry": id}, a.scheduler.Start()
}

func (a *agent) unschedule() (answer, error) {
	if a.scheduler == nil {
		return nil, errors.New("there is no scheduler")
	}
	a.scheduler.Shutdown()
	a.scheduler = nil
	return answer{}, nil
}

// listSchedules gives the entries whose tasks go to the queue.
func (a *agent) listSchedules(r *request) (answer, error) {
	entries, err := a.inspector.SchedulerEntries()
	if err != nil {
		return nil, err
	}
	found := []answer{}
	for _, entry := range entries {
		options := []string{}
		for _, option := range entry.Opts {
			options = append(options, option.String())
		}
		if !slices.Contains(options, asynq.Queue(r.Queue).String()) {
			continue
		}
		slices.Sort(options)
		found = append(found, answer{"id": entry.ID, "spec": entry.Spec, "type": entry.Task.Type(),
			"payload": hex.EncodeToString(entry.Task.Payload()), "options": options, "next": unix(entry.Next),
			"previous": unix(entry.Prev)})
	}
	return answer{"schedules": found}, nil
}

func (a *agent) listEvents(r *request) (answer, error) {
	events, err := a.inspector.ListSchedulerEnqueueEvents(r.ID)
	if err != nil {
		return nil, err
	}
	found := []answer{}
	for _, event := range events {
		found = append(found, answer{"id": event.TaskID, "at": unix(event.EnqueuedAt)})
	}
	return answer{"events": found}, nil
}
