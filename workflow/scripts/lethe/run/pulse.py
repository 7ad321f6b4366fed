"""A line a minute about a run, for whoever has no terminal: steps done, what is running, time left."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from statistics import median
from typing import Any

from lethe.run.measured import Measured, measured
from lethe.training.progress import clock

_SECONDS_BETWEEN_LINES = 60.0
_SECONDS_BETWEEN_LOOKS = 1.0
_SHOWN = 3  # running jobs that a line names
_ORDER = ("twin", "method", "level", "split", "block", "table", "corruption", "severity")


class Pulse:
    """What a line needs to know of a run of Snakemake; looked at once a second, for Snakemake tells no times.

    Args:
        workflow: Snakemake's, once its jobs are known.
        before: what earlier jobs of the study took, for rules of which none has ended yet.
    """

    def __init__(self, workflow: Any, before: Measured) -> None:
        self._workflow = workflow
        self._before = before
        self._began: dict[Any, float] = {}
        self._took: dict[str, list[float]] = {}

    def look(self, now: float) -> None:
        """Note which jobs have begun and which have ended since the last look."""
        running = set(_jobs(self._workflow.scheduler.running))
        for job in self._began.keys() - running:
            self._took.setdefault(job.rule.name, []).append(now - self._began.pop(job))
        for job in running - self._began.keys():
            self._began[job] = now

    def line(self) -> str:
        """How far the run is."""
        jobs = [job for job in self._workflow.dag.needrun_jobs(exclude_finished=False) if job.rule.output]
        left = [job for job in jobs if not self._workflow.dag.finished(job)]
        # The oldest first; Snakemake's own order is another in every run.
        began = sorted((self._began[job], _name(job)) for job in left if job in self._began)
        running = [name for _, name in began]
        more = f" and {len(running) - _SHOWN} more" if len(running) > _SHOWN else ""
        shown = f"; running: {', '.join(running[:_SHOWN])}{more}" if running else ""
        counts = Counter(str(job.rule.name) for job in left)
        return f"{len(jobs) - len(left)} of {len(jobs)} steps done{shown}; {self._time_left(counts, len(running))}"

    def _time_left(self, left: Mapping[str, int], running: int) -> str:
        """From what jobs of each rule took, shared by as many as run now; a lower bound where some told nothing."""
        seconds = {**self._before.seconds, **{rule: median(took) for rule, took in self._took.items()}}
        known = sum(count * seconds[rule] for rule, count in left.items() if rule in seconds)
        words = f"{clock(known / max(running, 1))} left"
        if all(rule in seconds for rule in left):
            return f"about {words}"
        return f"more than {words}" if known else "time left not known yet"


def tell_each_minute(workflow: Any, study: str) -> None:
    """Write the line to standard error until this process ends; not into a terminal, where a bar says more."""
    stream = sys.stderr
    if stream.isatty():
        return

    def tell(line: str) -> None:
        print(f"{time.strftime('%H:%M')}  {line}", file=stream, flush=True)

    threading.Thread(target=_beat, args=(workflow, study, tell), daemon=True).start()


def _beat(workflow: Any, study: str, tell: Callable[[str], None]) -> None:
    """Look once a second, tell once a minute, until nobody listens."""
    last = time.monotonic()
    pulse = Pulse(workflow, measured(study))
    while True:
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        now = time.monotonic()
        try:
            pulse.look(now)
            if now - last >= _SECONDS_BETWEEN_LINES:
                last = now
                tell(pulse.line())
        except RuntimeError:  # Snakemake changed its jobs meanwhile; the next look will do
            continue
        except (OSError, ValueError):  # nobody reads any more
            return


def _jobs(running: Iterable[Any]) -> list[Any]:
    """Jobs, those of a group one by one."""
    return [job for one in list(running) for job in (one.jobs if hasattr(one, "jobs") else (one,))]


def _name(job: Any) -> str:
    """A job's rule and what it is of, in the order of paths."""
    given = dict(job.wildcards.items())
    parts = [given[name] for name in ("regime", *_ORDER) if name in given]
    return " ".join([str(job.rule.name), "/".join(parts)]).strip()
