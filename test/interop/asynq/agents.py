"""The programs of both sides (agent/, peer/), spoken to by JSON lines."""

import json
import queue
import subprocess
import threading

from harness import wait

LIMIT_S = 40.0


class Agent:
    """One process. Thread-safe but for kill() and close(). What it reads and writes goes to Redis only."""

    def __init__(self, name: str, program: str, redis_address: str):
        self.name = name
        self._process = subprocess.Popen(
            [program, "--redis", redis_address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._lock = threading.Lock()
        self._answers: queue.Queue = queue.Queue()
        self._handled: list[dict] = []
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _read(self):
        for line in self._process.stdout:
            said = json.loads(line)
            if "handled" in said:
                self._handled.append(said["handled"])
            else:
                self._answers.put(said["answer"])
        self._answers.put(None)

    def ask(self, op: str, **arguments) -> dict:
        """The answer, which may be {"refused": why}."""
        with self._lock:
            print(json.dumps({"op": op, **arguments}), file=self._process.stdin, flush=True)
            answer = self._answers.get(timeout=LIMIT_S)
        if answer is None:
            raise AssertionError(f"{self.name} ended at {op}")
        return answer

    def do(self, op: str, **arguments) -> dict:
        answer = self.ask(op, **arguments)
        if "refused" in answer:
            raise AssertionError(f"{self.name}: {op}: {answer['refused']}")
        return answer

    def attempts(self, task_id: str) -> list[dict]:
        """What its handlers saw of the task."""
        return [seen for seen in list(self._handled) if seen["id"] == task_id]

    def wait_for(self, task_id: str, attempts: int = 1) -> dict:
        """The last of that many attempts on the task, once its handler has it."""
        wait.until(lambda: len(self.attempts(task_id)) >= attempts, f"{self.name} works on {task_id}", LIMIT_S, 0.02)
        return self.attempts(task_id)[attempts - 1]

    def wait_for_type(self, task_type: str) -> dict:
        def found():
            return [seen for seen in list(self._handled) if seen["type"] == task_type]

        return wait.until(found, f"{self.name} works on a task of type {task_type}", LIMIT_S, 0.02)[0]

    def kill(self):
        """SIGKILL."""
        self._process.kill()
        self._process.wait(timeout=LIMIT_S)

    def close(self):
        """Lets it end at once, as if it had crashed; legal when it has ended."""
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self._process.wait(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
