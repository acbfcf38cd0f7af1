"""sbctl queue ...: what an operator types, what it shows, and how it fails. On a Redis of its own."""

import re
import time

import pytest
from harness import shop
from harness.queues import Queue, message
from harness.redis import Redis
from harness.sbctl import Sbctl


@pytest.fixture(scope="module")
def redis():
    redis = Redis()
    yield redis
    redis.stop()


@pytest.fixture(scope="module")
def own(start, redis):
    return start(**redis.settings)


@pytest.fixture(scope="module")
def sbctl(own):
    return Sbctl(f"http://{own.http_address}", own.seed["platform_key"])


@pytest.fixture
def queue(redis):
    return Queue(redis)


def rows(text: str) -> list[list[str]]:
    return [re.split(r"  +", line.strip()) for line in text.splitlines()]


# Looking.


def test_List(sbctl, queue):
    queue.put_many("archived", 3)
    queue.put("one")
    table = rows(sbctl("queue", "list").ok())
    assert table[0][:6] == ["QUEUE", "STATE", "SIZE", "LATENCY", "MEMORY", "PENDING"]
    row = dict(zip(table[0], next(row for row in table if row[0] == queue.name)))
    assert (row["STATE"], row["SIZE"], row["PENDING"], row["ARCHIVED"]) == ("running", "4", "1", "3")
    listed = sbctl("queue", "list", "--json").json
    assert next(each for each in listed["queues"] if each["queue"] == queue.name)["size"] == "4"


def test_Inspect(sbctl, queue):
    queue.put_many("retry", 2)
    text = sbctl("queue", "inspect", queue.name, "--days", "3").ok()
    assert ["retry:", "2"] in rows(text)
    assert len(re.findall(r"^\d{4}-\d\d-\d\d ", text, re.M)) == 3
    assert sbctl("queue", "inspect", queue.name, "--json").json["tasks"]["retry"] == "2"


def test_Tasks(sbctl, queue):
    queue.put_many("scheduled", 5)
    done = sbctl("queue", "tasks", queue.name, "--state", "scheduled", "--limit", "3")
    assert [row[0] for row in rows(done.ok())] == ["ID", "0", "1", "2"]
    assert "--limit" in done.err
    listed = sbctl("queue", "tasks", queue.name, "--state", "scheduled", "--json").json
    assert [task["taskId"] for task in listed["tasks"]] == ["0", "1", "2", "3", "4"]
    assert sbctl("queue", "tasks", queue.name, "--state", "retry").ok() == "no tasks\n"


def test_Task(sbctl, queue):
    queue.put("text", "archived", b'{"tenant": 7}')
    queue.put("bytes", "archived", b"\x00\xff\x1b")
    queue.put("evil", "archived", b"\x1b]0;gotcha\x07")
    assert ["payload:", '{"tenant": 7}'] in rows(sbctl("queue", "task", queue.name, "text").ok())
    assert "3 bytes that are not text" in sbctl("queue", "task", queue.name, "bytes").ok()
    assert "\x1b" not in sbctl("queue", "task", queue.name, "evil").ok()
    assert sbctl("queue", "task", queue.name, "bytes", "--json").json["payload"] == "AP8b"


def test_ServersAndSchedules(sbctl):
    assert sbctl("queue", "servers").ok() == "no servers\n"
    assert sbctl("queue", "schedules").ok() == "no schedules\n"
    assert sbctl("queue", "servers", "--json").json["servers"] == []


def test_Groups(sbctl, queue):
    assert sbctl("queue", "groups", queue.name).ok() == "no groups\n"
    for each in range(3):
        queue.put(str(each), "aggregating", group="to one shop")
    assert rows(sbctl("queue", "groups", queue.name).ok()) == [["GROUP", "SIZE"], ["to one shop", "3"]]
    sbctl("queue", "run", queue.name, "--all", "--state", "aggregating", "--group", "to one shop").ok()
    assert queue.count("pending") == 3


def test_Events(sbctl, redis):
    assert sbctl("queue", "events", "none").ok() == "no events\n"
    schedule = shop.unique("schedule")
    redis("ZADD", f"asynq:scheduler_history:{schedule}", 1_700_000_000, message({1: b"a", 2: message({1: 1_700_000_000})}))
    assert rows(sbctl("queue", "events", schedule).ok())[1] == ["2023-11-14 22:13:20Z", "a"]


# Changing.


@pytest.mark.parametrize("verb, after", [("run", "pending"), ("archive", "archived"), ("delete", None)])
def test_SomeTasks(sbctl, queue, verb, after):
    queue.put_many("retry", 3)
    words = ["queue", verb, queue.name, "0", "missing", "2"] + (["--yes"] if verb == "delete" else [])
    done = sbctl(*words)
    assert done.code == 1
    assert done.err == f'sbctl: queue "{queue.name}" has no task "missing" (TASK_NOT_FOUND)\n'
    assert [queue.state(task_id) for task_id in ("0", "1", "2")] == [after, "retry", after]


@pytest.mark.parametrize("verb, after", [("run", "pending"), ("archive", "archived"), ("delete", "")])
def test_AllTasksWithALineForEachTenth(sbctl, queue, verb, after):
    queue.put_many("retry", 1500)
    words = ["queue", verb, queue.name, "--all", "--state", "retry"] + (["--yes"] if verb == "delete" else [])
    done = sbctl(*words)
    assert "1500 retry tasks" in done.ok()
    assert re.findall(r": (\d+) %", done.err) == [str(percent) for percent in range(10, 101, 10)]
    assert queue.count("retry") == 0
    assert after == "" or queue.count(after) == 1500


def test_AllAsJson(sbctl, queue):
    queue.put_many("archived", 7)
    words = ["queue", "run", queue.name, "--all", "--state", "archived", "--json"]
    assert sbctl(*words).json == {"changedCount": "7", "more": False}
    assert sbctl(*words).json["changedCount"] == "0"


def test_DeletingAsks(sbctl, queue):
    queue.put_many("archived", 3)
    words = ["queue", "delete", queue.name, "--all", "--state", "archived"]
    refused = sbctl(*words)
    assert refused.code == 1 and "--yes" in refused.err
    shown = sbctl.at_terminal(*words, typed="n\n")
    assert shown.code == 1
    assert f"Delete 3 archived tasks of queue {queue.name}? [y/N]" in shown.out and "nothing was deleted" in shown.out
    assert queue.count("archived") == 3
    shown = sbctl.at_terminal(*words, typed="y\n")
    assert shown.code == 0 and "[##############################] 100 %  3 of 3" in shown.out
    assert queue.count("archived") == 0


def test_PauseResumeCancel(sbctl, queue):
    queue.put("busy", "active")
    assert "paused since" in sbctl("queue", "pause", queue.name).ok()
    assert queue.redis("EXISTS", queue.key("paused")) == 1
    assert ["state:", "running"] in rows(sbctl("queue", "resume", queue.name).ok())
    assert ["id:", "busy"] in rows(sbctl("queue", "cancel", queue.name, "busy").ok())


def test_Update(sbctl, queue, tmp_path):
    queue.put("one", "scheduled")
    assert ["payload:", "by hand"] in rows(sbctl("queue", "update", queue.name, "one", "--payload", "by hand").ok())
    file = tmp_path / "payload"
    file.write_bytes(b"\x00\xff\x1b")
    done = sbctl("queue", "update", queue.name, "one", "--payload-file", str(file), "--json")
    assert done.json["payload"] == "AP8b"
    assert sbctl("queue", "update", queue.name, "one", "--payload-file", str(tmp_path / "none")).code == 1
    assert sbctl("queue", "task", queue.name, "one", "--json").json["payload"] == "AP8b"


def test_Remove(sbctl, redis, queue):
    queue.put_many("retry", 3)
    assert "--yes" in sbctl("queue", "remove", queue.name).err
    assert "(QUEUE_NOT_EMPTY)" in sbctl("queue", "remove", queue.name, "--yes").err
    shown = sbctl.at_terminal("queue", "remove", queue.name, "--force", typed="n\n")
    assert shown.code == 1 and f"Delete queue {queue.name} with 3 tasks? [y/N]" in shown.out
    assert queue.count("retry") == 3
    done = sbctl("queue", "remove", queue.name, "--force", "--yes")
    assert done.ok() == f"removed queue {queue.name} with 3 tasks\n"
    assert redis("KEYS", queue.key("*")) == []


# Failing.


@pytest.mark.parametrize(
    "words, what",
    [
        ([], "subcommand"),
        (["queue"], "subcommand"),
        (["queue", "lsit"], "lsit"),
        (["queue", "inspect"], "queue"),
        (["queue", "tasks", "q"], "--state"),
        (["queue", "tasks", "q", "--state", "broken"], "broken"),
        (["queue", "run", "q"], "--all"),
        (["queue", "run", "q", "--all"], "--state"),
        (["queue", "run", "q", "--state", "retry"], "--all"),
        (["queue", "run", "q", "id", "--all", "--state", "retry"], "--all"),
        (["queue", "inspect", "q", "--days", "91"], "days"),
        (["queue", "update", "q", "id"], "payload"),
        (["queue", "update", "q", "id", "--payload", "x", "--payload-file", "y"], "payload"),
        (["queue", "events"], "schedule"),
        (["queue", "list", "--addr", "ftp://x"], "--addr"),
    ],
)
def test_ACommandLineThatMakesNoSense(sbctl, words, what):
    done = sbctl(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("sbctl: ") and done.err.count("\n") == 1 and what in done.err


def test_NoKey(sbctl):
    env = {name: value for name, value in sbctl.env.items() if name != "SBCTL_KEY"}
    done = sbctl("queue", "list", env=env)
    assert done.code == 2 and "SBCTL_KEY" in done.err


def test_Help(sbctl):
    text = sbctl("--help").ok()
    assert "--addr" in text and "SBCTL_KEY" in text and "queue" in text
    assert "--days" in sbctl("queue", "inspect", "--help").ok()
    assert sbctl.env["SBCTL_KEY"] not in text


def test_WhatTheServerRefuses(own, sbctl, queue):
    queue.put("busy", "active")
    done = sbctl("queue", "run", queue.name, "busy")
    assert (done.code, done.err) == (1, "sbctl: task is already running (TASK_STATE_CONFLICT)\n")
    done = sbctl("queue", "archive", queue.name, "--all", "--state", "active")
    assert done.code == 1 and "TASK_STATE_CONFLICT" in done.err
    assert "(QUEUE_NOT_FOUND)" in sbctl("queue", "inspect", "none").err
    tenant = shop.create(own.rest())
    assert "(PLATFORM_ONLY)" in sbctl("queue", "list", "--key", tenant.secret).err
    wrong = sbctl("queue", "list", "--key", "sbsk_live_wrong")
    assert wrong.code == 1 and "sbsk_live_wrong" not in wrong.err


def test_NobodyThere(sbctl):
    done = sbctl("queue", "list", "--addr", "http://127.0.0.1:1")
    assert done.code == 1 and done.err.startswith("sbctl: cannot reach http://127.0.0.1:1: ")


def test_SomebodyElseThere(redis, sbctl):
    started = time.monotonic()
    done = sbctl("queue", "list", "--addr", f"http://{redis.address}")
    assert done.code == 1 and redis.address in done.err
    assert time.monotonic() - started < 20
