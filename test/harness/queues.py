"""Tasks in queues, put there as a Go program would, and a look at what became of them."""

import contextlib
import time

from harness import shop
from harness.redis import Connection
from harness.stack import Stack


@contextlib.contextmanager
def stack_redis(stack: Stack):
    """The stack's Redis as a function of the words of a command."""
    connection = Connection(int(stack.env["REDIS_ADDR"].rsplit(":", 1)[1]))
    connection.pipeline([("AUTH", stack.env["REDIS_PASSWORD"])])
    yield lambda *words: connection.pipeline([words])[0]
    connection.close()


class Queue:
    """A queue of its own name. `redis` takes the words of a command."""

    def __init__(self, redis, name: str = ""):
        self.redis, self.name = redis, name or shop.unique("queue")
        redis("SADD", "asynq:queues", self.name)

    def key(self, suffix: str) -> str:
        return f"asynq:{{{self.name}}}:{suffix}"

    def put(self, task_id: str, state: str = "pending", payload: bytes = b"{}", group: str = "g"):
        fields = {1: b"mail:send", 2: payload, 3: task_id.encode(), 4: self.name.encode(), 5: 25}
        if state == "aggregating":
            fields[14] = group.encode()
        now = int(time.time())
        self.redis("HSET", self.key(f"t:{task_id}"), "msg", message(fields), "state", state)
        match state:
            case "pending":
                self.redis("HSET", self.key(f"t:{task_id}"), "pending_since", now * 10**9)
                self.redis("LPUSH", self.key("pending"), task_id)
            case "active":
                self.redis("LPUSH", self.key("active"), task_id)
                self.redis("ZADD", self.key("lease"), now + 30, task_id)
            case "aggregating":
                self.redis("HSET", self.key(f"t:{task_id}"), "group", group)
                self.redis("ZADD", self.key(f"g:{group}"), now, task_id)
                self.redis("SADD", self.key("groups"), group)
            case _:
                self.redis("ZADD", self.key(state), now, task_id)

    def put_many(self, state: str, count: int):
        """Ids "0", "1", ..., in this order."""
        for number in range(count):
            self.put(str(number), state)

    def state(self, task_id: str) -> str | None:
        return self.redis("HGET", self.key(f"t:{task_id}"), "state")

    def count(self, state: str) -> int:
        return self.redis("LLEN" if state in ("pending", "active") else "ZCARD", self.key(state))


def message(fields: dict) -> bytes:
    """A protobuf message: bytes and non-negative numbers by the numbers of their fields."""
    encoded = b""
    for number, value in fields.items():
        if isinstance(value, bytes):
            encoded += _varint(number << 3 | 2) + _varint(len(value)) + value
        else:
            encoded += _varint(number << 3) + _varint(value)
    return encoded


def _varint(value: int) -> bytes:
    encoded = b""
    while value > 127:
        encoded += bytes([value & 127 | 128])
        value >>= 7
    return encoded + bytes([value])
