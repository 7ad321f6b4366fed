"""How busy other programs kept the machine while something was timed: what a time can be believed by."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

DECIDES_NO_RESULT = "stands beside a measurement"


@contextmanager
def other_load() -> Iterator[dict[str, float]]:
    """Yield a record that has, once the block ends, how many cores others kept busy on average: `other_load`."""
    record: dict[str, float] = {}
    busy, own, began = _busy(), time.process_time(), time.perf_counter()
    yield record
    seconds = max(time.perf_counter() - began, 1e-9)
    others = (_busy() - busy) - (time.process_time() - own)
    record["other_load"] = round(max(others, 0.0) / seconds, 2)


def _busy() -> float:
    """Seconds that all cores together have worked since the machine started."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))
