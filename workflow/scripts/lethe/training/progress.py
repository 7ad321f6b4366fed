"""What a person sees of a running job: a line per epoch in the log, a bar in a terminal, a side file for status."""

import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from lethe.store.notes import write_note

DECIDES_NO_RESULT = "what a person sees while it runs"

_SECONDS_BETWEEN_SIDE_FILES = 1.0


@dataclass(frozen=True)
class Progress:
    """Where a block's training stands after an epoch; `accuracy` is the last one measured on the test images."""

    seed: int
    epoch: int
    epochs: int
    loss: float
    accuracy: float | None
    share_done: float  # of the whole block, 0..1
    feature_spread: float | None = None  # of the test features: 1 as spread as can be, 0 collapsed

    def line(self, seconds_left: float) -> str:
        """As it stands in the log."""
        accuracy = "not yet measured" if self.accuracy is None else f"{self.accuracy:.3f}"
        spread = "" if self.feature_spread is None else f"feature spread {self.feature_spread:.2f}  "
        return (
            f"seed {self.seed}  epoch {self.epoch}/{self.epochs}  loss {self.loss:.4f}  "
            f"test accuracy {accuracy}  {spread}{clock(seconds_left)} left"
        )


def clock(seconds: float) -> str:
    """Seconds as h:mm:ss.

    >>> clock(3725.4)
    '1:02:05'
    """
    minutes, rest = divmod(round(max(seconds, 0.0)), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def side_file(output: Path) -> Path:
    """Where a running job tells how far it is; gone once the output is there."""
    return output.with_name(f".{output.name}.progress")


def reporter(output: Path, *, share_at_start: float = 0.0) -> Callable[[Progress], None]:
    """A function to call after every epoch; it estimates the time left from the share done since it was made."""
    began = time.monotonic()
    last_written = -_SECONDS_BETWEEN_SIDE_FILES
    bar = _bar() if sys.stderr.isatty() else None

    def report(now_at: Progress) -> None:
        nonlocal last_written
        now = time.monotonic()
        share_here = max(now_at.share_done - share_at_start, 1e-9)
        seconds_left = (now - began) * (1 - now_at.share_done) / share_here
        if bar is None:
            print(now_at.line(seconds_left), file=sys.stderr, flush=True)
        else:
            bar(now_at.share_done, now_at.line(seconds_left))
        if now - last_written >= _SECONDS_BETWEEN_SIDE_FILES:
            write_note(side_file(output), {**asdict(now_at), "seconds_left": round(seconds_left)})
            last_written = now

    return report


def _bar() -> Callable[[float, str], None]:
    """A bar in the terminal, moved by a share done and a line beside it."""
    from rich import progress as rich

    progress = rich.Progress(rich.BarColumn(), rich.TextColumn("{task.description}"), transient=True)
    task = progress.add_task("", total=1.0)
    progress.start()

    def update(share_done: float, line: str) -> None:
        progress.update(task, completed=share_done, description=line)
        if share_done >= 1:
            progress.stop()

    return update
