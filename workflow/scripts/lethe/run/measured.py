"""What finished jobs of a study took, from Snakemake's own records: seconds and bytes of the jobs of each rule."""

import json
import math
from base64 import urlsafe_b64decode
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from lethe.training.progress import clock

_METADATA = Path(".snakemake/metadata")
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


@dataclass(frozen=True)
class Measured:
    """Of each rule whose jobs have finished: the median of their seconds, and of the bytes that they wrote."""

    seconds: Mapping[str, float] = field(default_factory=dict)
    size: Mapping[str, float] = field(default_factory=dict)

    def estimate(self, jobs: Mapping[str, int]) -> str:
        """Time and disk for so many jobs of each rule; what no finished job tells is said to be unknown."""
        known = {rule: count for rule, count in jobs.items() if rule in self.seconds}
        if not known:
            return "time and disk: not known before jobs of this study have finished"
        seconds = sum(count * self.seconds[rule] for rule, count in known.items())
        size = sum(count * self.size.get(rule, 0) for rule, count in known.items())
        unknown = [rule for rule in jobs if rule not in known]
        more = f"; more for {', '.join(unknown)}, of which none has finished yet" if unknown else ""
        return (
            f"about {clock(seconds)} if one job follows the other, and {readable_size(size)} on disk, by what finished "
            f"jobs of this study took{more}"
        )


def measured(study: str, folder: Path = Path()) -> Measured:
    """What the finished jobs of a study took, in a folder; empty where Snakemake remembers none."""
    took, sizes = dict[tuple[str, float], float](), defaultdict[tuple[str, float], float](float)
    for path, (rule, start, end) in _records(folder / _METADATA):
        if path.startswith(f"results/{study}/"):
            took[rule, start] = end - start
            sizes[rule, start] += _size(folder / path)
    return Measured(_medians(took), _medians(sizes))


def _medians(by_job: Mapping[tuple[str, float], float]) -> dict[str, float]:
    """By rule, from what is known of each of its jobs."""
    of_rule = defaultdict[str, list[float]](list)
    for (rule, _), value in by_job.items():
        of_rule[rule].append(value)
    return {rule: median(values) for rule, values in of_rule.items()}


def _records(folder: Path) -> Iterator[tuple[str, tuple[str, float, float]]]:
    """Results with what Snakemake wrote down of their jobs; a record that cannot be read is left out."""
    for file in folder.rglob("*"):
        # Its name is the path of the result, in base64; a long one is spread over folders whose names begin with @.
        name = "".join(part.removeprefix("@") for part in file.relative_to(folder).parts)
        with suppress(OSError, ValueError):
            record = json.loads(file.read_text(encoding="utf-8"))
            yield urlsafe_b64decode(name).decode(), _took(record)


def _took(record: Any) -> tuple[str, float, float]:
    """Rule, start and end of a job, as its record has them.

    Raises: ValueError: it has none of them, or no such numbers.
    """
    try:
        rule, start, end = str(record["rule"]), float(record["starttime"]), float(record["endtime"])
    except (TypeError, KeyError) as error:
        raise ValueError("no record of a job") from error
    if not (math.isfinite(start) and math.isfinite(end)):
        raise ValueError("a job has no such times")
    return rule, start, end


def _size(path: Path) -> int:
    """Bytes of a result; none where it has been removed since."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def readable_size(size: float | int) -> str:
    """Bytes in the largest unit of which there is one.

    >>> readable_size(2_500_000)
    '2.5 MB'
    """
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {_UNITS[unit]}"
