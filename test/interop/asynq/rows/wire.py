"""Byte for byte."""

import time

from matrix import GO, row, same, text

# In the order of their fields.
VECTORS = {
    "a task": (
        "TaskMessage",
        "0a0d656d61696c3a77656c636f6d65120e7b22757365725f6964223a34327d1a2431313131313131312d323232322d343333332d383434342d"
        "353535353535353535353535220764656661756c74281940880e",
    ),
    "a task with every field but headers": (
        "TaskMessage",
        "0a0174120200ff1a0469642d31220171280330013a04626f6f6d401e48e4e2cfaa0652336173796e713a7b717d3a756e697175653a74"
        "3a64303764333465666163363332383030376164363763376530613938356530305880e2cfaa06603c68b2e2cfaa0672026731",
    ),
    "a server": (
        "ServerInfo",
        "0a0268311092211a03736964200a2a0b0a0764656661756c74100330013a06616374697665420c0880e2cfaa061080cab5ee014801",
    ),
    "a worker": (
        "WorkerInfo",
        "0a0268311092211a03736964220469642d312a0174320200ff3a0171420c0880e2cfaa061080cab5ee014a060888f0cfaa06",
    ),
    "a schedule that never ran": (
        "SchedulerEntry",
        "0a026531120940657665727920316d1a01742201702a0a517565756528227122292a0b4d61785265747279283329320608bce2cfaa06"
        "3a0b088092b8c398feffffff01",
    ),
    "an event": ("SchedulerEnqueueEvent", "0a0469642d31120c0880e2cfaa061080cab5ee01"),
}
HEADERS = "7a060a016b120176"


@row("golden vectors: both read the same fields and write the same bytes")
def golden(cell):
    vectors = dict(VECTORS)
    if cell.column == GO[-1]:
        kind, data = vectors["a task with every field but headers"]
        vectors["a task with every field"] = (kind, data + HEADERS)
    for what, (kind, data) in vectors.items():
        ours, go = (agent.do("decode", kind=kind, bytes=data) for agent in (cell.ours, cell.go))
        same(ours["fields"], go["fields"], f"{what}: our fields")
        same(ours["again"], data, f"{what}: our bytes")
        same(go["again"], data, f"{what}: the peer's bytes")


@row("golden vectors: C++ reads a task with headers, an older Go passes them by", columns=GO[:-1])
def headers_unknown(cell):
    kind, data = VECTORS["a task with every field but headers"]
    ours = cell.ours.do("decode", kind=kind, bytes=data + HEADERS)
    same(ours["fields"]["headers"], {"k": "v"}, "the headers")
    if "does not know" not in cell.go.ask("decode", kind=kind, bytes=data + HEADERS)["refused"]:
        raise AssertionError("this version knows headers: say so in this row")


@row("each option: the task that C++ writes and the one that Go writes are the same bytes")
def same_bytes(cell):
    now = int(time.time())
    for options in (
        {},
        {"payload": ""},
        {"payload": "00ff", "max_retry": 0},
        {"max_retry": 3, "timeout_s": 77},
        {"deadline": now + 500},
        {"timeout_s": 30, "deadline": now + 500, "retention_s": 3600},
        {"payload": text("x"), "unique_s": 50},
        {"payload": text("x"), "unique_s": 50, "process_at": now + 500},
        {"process_at": now + 500},
        {"group": "gruppe-ü"},
        {"group": "g", "process_at": now + 500},
        {"headers": {"k": "v"}} if cell.column == GO[-1] else {},
    ):
        tasks = []
        for agent in (cell.ours, cell.go):
            agent.do("enqueue", queue=cell.queue, id="same", type="ok", **options)
            fields = cell.redis("HGETALL", cell.key("t:same"))
            tasks.append(dict(zip(fields[::2], fields[1::2])))
            tasks[-1].pop("pending_since", None)
            cell.go.do("delete", queue=cell.queue, id="same")
            cell.redis("DEL", *(cell.redis("KEYS", cell.key("unique:*")) or ["-"]))
        ours, go = tasks
        # What asynq forgets to write, and what is asked for nonetheless: the lock and the group of a task that waits.
        for name in ("unique_key", "group"):
            if name not in go:
                ours.pop(name, None)
        same(ours, go, f"with {options}")


@row("records: Go's code reads what C++ says of its server and of its work")
def records(cell):
    cell.ours.do("work", queue=cell.queue, concurrency=3)
    cell.ours.do("enqueue", queue=cell.queue, id="long", type="hang", payload=text("p"))
    cell.ours.wait_for("long")

    def beats(kind: str, read):
        keys = [key for key in cell.redis("KEYS", f"asynq:{kind}:*") if f":{cell.ours.pid}:" in key]
        return [value.encode(errors="surrogateescape").hex() for key in keys for value in read(key)]

    def of_server():
        return beats("servers", lambda key: [cell.redis("GET", key) or ""])

    def of_work():
        return beats("workers", lambda key: cell.redis("HVALS", key))

    [server] = cell.until(of_server, "the server is known")
    [work] = cell.until(of_work, "its work is known")
    fields = cell.go.do("decode", kind="ServerInfo", bytes=server)["fields"]
    same(
        [fields.get(name) for name in ("pid", "concurrency", "queues", "status")],
        [cell.ours.pid, 3, {cell.queue: 1}, "active"],
        "pid, concurrency, queues, status",
    )
    fields = cell.go.do("decode", kind="WorkerInfo", bytes=work)["fields"]
    same(
        [fields.get(name) for name in ("pid", "task_id", "task_type", "task_payload", "queue")],
        [cell.ours.pid, "long", "hang", text("p"), cell.queue],
        "pid and task",
    )


@row("invalid UTF-8: our client refuses it before Redis hears of it")
def invalid_utf8(cell):
    for broken in ("type", "queue", "id", "group", "header"):
        answer = cell.ours.ask("enqueue", queue=cell.queue, type="ok", broken=broken)
        if "UTF-8" not in answer.get("refused", ""):
            raise AssertionError(f"{broken} with an invalid byte: {answer}")
    same(cell.redis("KEYS", f"asynq:{{{cell.queue}*"), [], "keys")
    same(cell.redis("SISMEMBER", "asynq:queues", cell.queue), 0, "whether the queue is registered")
