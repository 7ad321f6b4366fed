"""Two fixes for the scheduler of Snakemake 9.27.

It looks at its jobs again once a second, not once per second and finished job. Whenever jobs are limited per time span,
as they are unless somebody says otherwise (100 a second), every look at the waiting jobs starts a timer that causes the
next one. Every job that ends causes a look as well, and with it one more chain of timers that ends only with the run:
after 300 jobs the scheduler looks 300 times a second, which keeps a core busy. One pending timer is enough.

A signal to end finds it in the middle of anything. Its handler takes a lock that the interrupted thread may hold; then
the run hangs for ever, though its jobs have ended. A handler must wait for nothing.
"""

import _thread
import signal
import threading
from typing import Any


def look_once_at_a_time(scheduler: Any) -> None:
    """Let a scheduler of Snakemake have at most one pending timer; another version's scheduler is left alone.

    A look that is asked for while a timer is pending comes with that timer: all of them ask for the same delay.
    """
    if not hasattr(scheduler, "_schedule_reevalutation") or not hasattr(scheduler, "_open_jobs"):
        return
    pending = threading.Event()

    def look() -> None:
        pending.clear()
        scheduler._open_jobs.release()

    def schedule(delay: float) -> None:
        if pending.is_set():
            return
        pending.set()
        timer = threading.Timer(delay, look)
        timer.daemon = True  # the run need not wait for it in the end
        timer.start()

    scheduler._schedule_reevalutation = schedule


def end_without_waiting(scheduler: Any) -> None:
    """Let a scheduler that is told to end take no lock where it was interrupted; another version's is left alone."""
    is_known = hasattr(scheduler, "_user_kill") and hasattr(scheduler, "_open_jobs")
    if not is_known or signal.getsignal(signal.SIGTERM) != getattr(scheduler, "exit_gracefully", None):
        return

    def told(number: int, frame: object) -> None:  # noqa: ARG001 (what a handler is given)
        scheduler._user_kill = "graceful"
        # Starting a Thread takes a lock, too.
        _thread.start_new_thread(scheduler._open_jobs.release, ())

    signal.signal(signal.SIGTERM, told)
