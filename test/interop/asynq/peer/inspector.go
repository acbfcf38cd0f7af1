package main

import (
	"encoding/hex"
	"errors"
	"time"

	"github.com/hibiken/asynq"
)

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func describe(t *asynq.TaskInfo) answer {
	return answer{
		"id": t.ID, "type": t.Type, "payload": hex.EncodeToString(t.Payload), "queue": t.Queue, "state": t.State.String(),
		"max_retry": t.MaxRetry, "retried": t.Retried, "error": t.LastErr, "last_failed_at": unix(t.LastFailedAt),
		"timeout_s": int64(t.Timeout / time.Second), "deadline": unix(t.Deadline), "group": t.Group,
		"next_at": unix(t.NextProcessAt), "retention_s": int64(t.Retention / time.Second),
		"completed_at": unix(t.CompletedAt), "result": hex.EncodeToString(t.Result), "orphaned": t.IsOrphaned,
	}
}

func done(err error) (answer, error) { return answer{}, err }

func (a *agent) inspect(r *request) (answer, error) {
	switch r.Op {
	case "queues":
		names, err := a.inspector.Queues()
		return answer{"queues": names}, err
	case "queue":
		return a.queue(r)
	case "history":
		return a.history(r)
	case "groups":
		return a.groups(r)
	case "list":
		return a.list(r)
	case "get":
		info, err := a.inspector.GetTaskInfo(r.Queue, r.ID)
		if err != nil {
			return nil, err
		}
		return describe(info), nil
	case "run":
		return done(a.inspector.RunTask(r.Queue, r.ID))
	case "archive":
		return done(a.inspector.ArchiveTask(r.Queue, r.ID))
	case "delete":
		return done(a.inspector.DeleteTask(r.Queue, r.ID))
	case "run_all", "archive_all", "delete_all":
		return a.all(r)
	case "cancel":
		return done(a.inspector.CancelProcessing(r.ID))
	case "pause":
		return done(a.inspector.PauseQueue(r.Queue))
	case "unpause":
		return done(a.inspector.UnpauseQueue(r.Queue))
	case "remove_queue":
		return done(a.inspector.DeleteQueue(r.Queue, false))
	case "servers":
		return a.listServers(r)
	case "schedules":
		return a.listSchedules(r)
	case "events":
		return a.listEvents(r)
	case "update_payload":
		payload, err := payloadOf(r)
		if err != nil {
			return nil, err
		}
		return done(updatePayload(a.inspector, r.Queue, r.ID, payload))
	}
	return nil, errors.New("no operation " + r.Op)
}

func (a *agent) queue(r *request) (answer, error) {
	q, err := a.inspector.GetQueueInfo(r.Queue)
	if err != nil {
		return nil, err
	}
	return answer{
		"pending": q.Pending, "active": q.Active, "scheduled": q.Scheduled, "retry": q.Retry, "archived": q.Archived,
		"completed": q.Completed, "aggregating": q.Aggregating, "size": q.Size, "groups": q.Groups, "paused": q.Paused,
		"processed": q.Processed, "failed": q.Failed, "processed_total": q.ProcessedTotal, "failed_total": q.FailedTotal,
		"latency_ms": q.Latency.Milliseconds(), "memory": q.MemoryUsage,
	}, nil
}

func (a *agent) history(r *request) (answer, error) {
	days, err := a.inspector.History(r.Queue, 2)
	if err != nil {
		return nil, err
	}
	return answer{"processed": days[0].Processed, "failed": days[0].Failed}, nil
}

func (a *agent) groups(r *request) (answer, error) {
	groups, err := a.inspector.Groups(r.Queue)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int{}
	for _, group := range groups {
		sizes[group.Group] = group.Size
	}
	return answer{"groups": sizes}, nil
}

func (a *agent) list(r *request) (answer, error) {
	read := map[string]func(string, ...asynq.ListOption) ([]*asynq.TaskInfo, error){
		"pending": a.inspector.ListPendingTasks, "active": a.inspector.ListActiveTasks,
		"scheduled": a.inspector.ListScheduledTasks, "retry": a.inspector.ListRetryTasks,
		"archived": a.inspector.ListArchivedTasks, "completed": a.inspector.ListCompletedTasks,
		"aggregating": func(queue string, options ...asynq.ListOption) ([]*asynq.TaskInfo, error) {
			return a.inspector.ListAggregatingTasks(queue, r.Group, options...)
		},
	}[r.State]
	infos, err := read(r.Queue)
	if err != nil {
		return nil, err
	}
	tasks := []answer{}
	for _, info := range infos {
		tasks = append(tasks, describe(info))
	}
	return answer{"tasks": tasks}, nil
}

func (a *agent) all(r *request) (answer, error) {
	in := a.inspector
	ofGroup := func(change func(string, string) (int, error)) func(string) (int, error) {
		return func(queue string) (int, error) { return change(queue, r.Group) }
	}
	change, known := map[string]func(string) (int, error){
		"run_all scheduled": in.RunAllScheduledTasks, "run_all retry": in.RunAllRetryTasks,
		"run_all archived": in.RunAllArchivedTasks, "run_all aggregating": ofGroup(in.RunAllAggregatingTasks),
		"archive_all pending": in.ArchiveAllPendingTasks, "archive_all scheduled": in.ArchiveAllScheduledTasks,
		"archive_all retry": in.ArchiveAllRetryTasks, "archive_all aggregating": ofGroup(in.ArchiveAllAggregatingTasks),
		"delete_all pending": in.DeleteAllPendingTasks, "delete_all scheduled": in.DeleteAllScheduledTasks,
		"delete_all retry": in.DeleteAllRetryTasks, "delete_all archived": in.DeleteAllArchivedTasks,
		"delete_all completed": in.DeleteAllCompletedTasks, "delete_all aggregating": ofGroup(in.DeleteAllAggregatingTasks),
	}[r.Op+" "+r.State]
	if !known {
		return nil, errors.New("asynq has no " + r.Op + " of " + r.State)
	}
	changed, err := change(r.Queue)
	return answer{"changed": changed}, err
}

// listServers gives those that work on the queue.
func (a *agent) listServers(r *request) (answer, error) {
	servers, err := a.inspector.Servers()
	if err != nil {
		return nil, err
	}
	found := []answer{}
	for _, server := range servers {
		if _, works := server.Queues[r.Queue]; !works {
			continue
		}
		workers := []answer{}
		for _, w := range server.ActiveWorkers {
			workers = append(workers, answer{"id": w.TaskID, "type": w.TaskType, "payload": hex.EncodeToString(w.TaskPayload),
				"queue": w.Queue, "deadline": unix(w.Deadline), "started": unix(w.Started)})
		}
		found = append(found, answer{"host": server.Host, "pid": server.PID, "concurrency": server.Concurrency,
			"queues": server.Queues, "strict": server.StrictPriority, "status": server.Status,
			"started": unix(server.Started), "workers": workers})
	}
	return answer{"servers": found}, nil
}
