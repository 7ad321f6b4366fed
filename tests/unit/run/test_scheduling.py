"""Snakemake's scheduler looks again once a second, however many jobs have ended, and ends whenever it is told to."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from snakemake.scheduling.job_scheduler import JobScheduler

from lethe.run.scheduling import end_without_waiting, look_once_at_a_time


def looks(scheduler: SimpleNamespace, ended: int, seconds: float, delay: float) -> int:
    """Looks of a scheduler in a while, of whose jobs so many end at its start; every look asks for the next."""
    until, count = time.monotonic() + seconds, 0
    for _ in range(ended):
        scheduler._open_jobs.release()
    while time.monotonic() < until:
        if scheduler._open_jobs.acquire(timeout=0.01):
            count += 1
            scheduler._schedule_reevalutation(delay)
    return count


@pytest.mark.slow
def test_looks_do_not_grow_with_the_jobs_that_ended() -> None:
    scheduler = SimpleNamespace(_open_jobs=threading.Semaphore(0), _schedule_reevalutation=None)
    look_once_at_a_time(scheduler)
    before = threading.active_count()
    assert 20 + 3 <= looks(scheduler, 20, 0.5, 0.1) <= 20 + 6
    assert threading.active_count() <= before + 1
    assert all(thread.daemon for thread in threading.enumerate() if isinstance(thread, threading.Timer))


def test_a_scheduler_of_another_form_is_left_alone() -> None:
    scheduler = SimpleNamespace(other=1)
    look_once_at_a_time(scheduler)
    assert vars(scheduler) == {"other": 1}


def test_this_snakemake_still_needs_it() -> None:
    # It is asked for in the middle of every look: if that changes, so must the mend.
    names = JobScheduler.schedule.__code__.co_names
    assert "_schedule_reevalutation" in names and "_open_jobs" in names


class Interrupted:
    """What Snakemake's scheduler has of itself when it is told to end."""

    exit_gracefully = JobScheduler.exit_gracefully

    def __init__(self) -> None:
        self._lock, self._open_jobs = threading.Lock(), threading.Semaphore(0)
        self._user_kill: str | None = None


@pytest.fixture
def scheduler() -> Iterator[Interrupted]:
    before = signal.getsignal(signal.SIGTERM)
    found = Interrupted()
    signal.signal(signal.SIGTERM, found.exit_gracefully)
    yield found
    signal.signal(signal.SIGTERM, before)


@pytest.mark.timeout(60)
def test_it_ends_though_the_signal_finds_it_with_every_lock_in_its_hands(scheduler: Interrupted) -> None:
    end_without_waiting(scheduler)
    with scheduler._lock, scheduler._open_jobs._cond:
        os.kill(os.getpid(), signal.SIGTERM)
        while scheduler._user_kill is None:
            time.sleep(0.001)
    assert scheduler._user_kill == "graceful" and scheduler._open_jobs.acquire(timeout=30)


def test_a_handler_that_is_not_the_schedulers_stays(scheduler: Interrupted) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end_without_waiting(scheduler)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN


def test_this_snakemake_still_waits_in_its_handler() -> None:
    assert "_lock" in JobScheduler.exit_gracefully.__code__.co_names
