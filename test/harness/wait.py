"""The only place that passes time: polling a condition up to a deadline."""

import time


def until(condition, what: str, timeout_s: float = 10.0, pause_s: float = 0.01):
    """The first true value of condition(). An AssertionError naming `what` when there is none in time."""
    end = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {timeout_s} s")
        time.sleep(pause_s)
