"""A limit for work that may not end, in the main thread of a process on Unix."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

DECIDES_NO_RESULT = "ends what would not end"

_AGAIN = 0.5  # where somebody catches whatever is raised, it is raised again


class OutOfTime(BaseException):
    """The limit is over; no Exception, so that libraries which catch those let it pass."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in the block once it has taken that long; single calls of C are waited for.

    Raises: OutOfTime: the block took longer.
    """

    def stop(_: int, __: FrameType | None) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
