"""Inject what can befall a study, and print a table: kind of fault, how often, how often nothing was lost.

    python tests/faults/table.py [--short] [--signals 54] [--rounds 2] [--study FOLDER]

*Survived* means that a fault was found and named, or that it was harmless, and that every file is byte for byte what an
undisturbed run writes once the study has run again. *Lost* is to be 0.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [folder for folder in (str(ROOT / "tests"), str(ROOT / "workflow/scripts")) if folder not in sys.path]

from faults import writers  # noqa: E402 (the path comes first)
from lethe.store.notes import note_text, read_note  # noqa: E402
from lethe.study.standing import Shelf, index_of  # noqa: E402
from support.bench import STUDY, Bench, resealed  # noqa: E402
from support.damage import DAMAGES, damaged  # noqa: E402
from support.faults import (  # noqa: E402
    CONFIG,
    artefacts,
    of_kind,
    run_study,
    side_files,
    start_study,
    stop_all,
    wait_until,
)
from support.finished import smoke_workspace  # noqa: E402
from support.signals import TARGETS, disturb  # noqa: E402
from support.workspace import copy_workspace, lethe, planned_jobs  # noqa: E402

CAPTION = "Faults of a cluster (scancel, requeue, a node that is drained, time limits) are injected by tests/slurm."
# What one injection came to: kind of fault, whether nothing was lost, and what it was.
Injection = tuple[str, bool, str]
_PLACES = 20
_DELETED, _OF_ANOTHER, _OF_ANOTHER_KIND = (
    "deleted",
    "the file of other seeds, levels or stages",
    "a file of another kind",
)
# Whole files whose records say that they do not belong: what stands before the digest that is another, see `resealed`.
_MISPLACED = {
    "a file of another study or other options": r'"asked": "',
    "a file that other code made": r'"code": "',
    "a file that was made from other files": r'"read": \{\s*"[^"\\]+": "',
}
_DISK = Path("workflow/scripts/lethe/store/files.py")
# Lets calls fail whose file a token names: each token once, whichever process comes first.
_FAILING = """

def _let_fail() -> None:
    import json

    def fail(call, path):
        path = Path(os.path.abspath(path))
        name = path.name.removeprefix(".").removesuffix(".part")
        for token in Path(@folder@).glob("*.json"):
            try:
                wanted, end, number = json.loads(token.read_text())
                if call == wanted and str(path.with_name(name)).endswith(end):
                    token.unlink()
                    if number < 0:
                        os.kill(os.getpid(), -number)
                    raise OSError(number, os.strerror(number), str(path))
            except (FileNotFoundError, ValueError):
                continue

    def sync(descriptor, before=os.fsync):
        fail("fsync", os.readlink(f"/proc/self/fd/{descriptor}"))
        return before(descriptor)

    def open_(path, *arguments, before=os.open, **options):
        fail("open", os.fspath(path))
        return before(path, *arguments, **options)

    def replace(path, target, before=Path.replace):
        fail("replace", target)
        return before(path, target)

    os.fsync, os.open, Path.replace = sync, open_, replace


_let_fail()
"""


@dataclass
class Row:
    """One kind of fault."""

    injected: int = 0
    lost: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Size:
    """How much is injected.

    Attributes:
        is_short: a round in which nothing is run that takes minutes.
        signals: how many signals.
        rounds: how often a study with damaged files is run.
    """

    is_short: bool
    signals: int
    rounds: int


def damaged_artefacts(bench: Bench, draw: random.Random, size: Size) -> Iterator[Injection]:
    """Each kind of artefact in each way, found by the question that every run asks; nothing runs."""
    bench.remember()
    for kind, paths in bench.kinds().items():
        for number in range(_PLACES):
            path = draw.choice(paths)
            content = damaged(bench.whole[path], draw, DAMAGES["one bit"])
            yield "one bit", _is_named(bench, path, content, is_thorough=bool(number % 2)), f"{kind}, {path}"
        for way in [name for name in DAMAGES if name != "one bit"]:
            path = draw.choice(paths)
            content = damaged(bench.whole[path], draw, DAMAGES[way])
            yield way, _is_named(bench, path, content), path
        path = draw.choice(paths)
        yield _DELETED, _is_named(bench, path, None), path
        others = [other for other in paths if bench.whole[other] != bench.whole[path]]
        if others:
            yield _OF_ANOTHER, _is_named(bench, path, bench.whole[draw.choice(others)]), path
        foreign = draw.choice([each[0] for name, each in bench.kinds().items() if name != kind])
        yield _OF_ANOTHER_KIND, _is_named(bench, path, bench.whole[foreign]), path
        for way, pattern in _MISPLACED.items():
            content_of_other = resealed(bench.whole[path], pattern, bench.folder)
            if content_of_other is not None:
                yield way, _is_named(bench, path, content_of_other), path


def _is_named(bench: Bench, path: str, content: bytes | None, *, is_thorough: bool = False) -> bool:
    """Whether a changed file is found, and named; and nothing is wrong once it is as it was."""
    with bench.changed(path, content):
        wrong = bench.wrong(path, is_thorough=is_thorough)
    return wrong is not None and path in wrong.reason and bench.wrong(path, is_thorough=is_thorough) is None


def hidden_damage(bench: Bench, draw: random.Random, size: Size) -> Iterator[Injection]:
    """Bits that a disk lost behind the file system's back, which sizes and times do not tell: reading all does."""
    bench.remember()
    index = bench.folder / index_of(STUDY)
    known = index.read_bytes()
    for path in draw.sample(sorted(bench.whole), _PLACES):
        with bench.changed(path, damaged(bench.whole[path], draw, DAMAGES["one bit"])):
            marks = (bench.folder / path).stat()
            entries = read_note(index) or {}
            entries[path][0] = [marks.st_size, marks.st_mtime_ns, marks.st_ctime_ns, marks.st_ino]
            index.write_text(note_text(index, entries))
            wrong = bench.wrong(path, is_thorough=True)
        yield "one bit behind the file system's back", wrong is not None and path in wrong.reason, path
    index.write_bytes(known)


def failing_writers(bench: Bench, draw: random.Random, size: Size) -> Iterator[Injection]:
    """Death and errors at every call of every writer."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield from writers.injections(Path(folder), draw, is_short=size.is_short)


def run_with_damage(bench: Bench, draw: random.Random, size: Size) -> Iterator[Injection]:
    """One file of many jobs damaged, each in another way: all are named, and rebuilt to equal bytes."""
    ways = (*DAMAGES, _DELETED, _OF_ANOTHER)
    for number in range(size.rounds):
        jobs = [job for job in bench.jobs if not size.is_short or job.outputs[0].split("/")[2] in _LATE]
        chosen = draw.sample(jobs, min(len(jobs), 18))
        hit: dict[str, str] = {}
        for position, job in enumerate(chosen):
            way, path = ways[(position + 5 * number) % len(ways)], draw.choice(job.outputs)
            bench.write(path, _content(bench, path, way, draw))
            hit[path] = way
        verified = lethe(bench.folder, "verify", "--config", CONFIG, "--all")
        is_refused = verified.returncode == 1 and "Traceback" not in verified.stdout
        rebuilt = (
            lethe(bench.folder, "verify", "--config", CONFIG, "--rebuild")
            if number % 2 == 0
            else run_study(bench.folder)
        )
        differing = bench.differing()
        for path, way in hit.items():
            is_whole = rebuilt.returncode == 0 and path not in differing
            yield f"{way}, and run again", is_refused and path in verified.stdout and is_whole, path
        others = [path for path in differing if path not in hit]
        yield "files beside damaged ones, and run again", not others, ", ".join(others)
        if rebuilt.returncode != 0:
            print(rebuilt.stdout[-3000:], file=sys.stderr)


def _content(bench: Bench, path: str, way: str, draw: random.Random) -> bytes | None:
    if way == _DELETED:
        return None
    if way == _OF_ANOTHER:
        same = (other for other in bench.whole if Path(other).suffix == Path(path).suffix)
        others = [bench.whole[other] for other in same if bench.whole[other] != bench.whole[path]]
        return draw.choice(others) if others else None
    return damaged(bench.whole[path], draw, DAMAGES[way])


_LATE = ("pies", "tables", "measures", "headlines.txt", "manifest.json")


def other_surroundings(bench: Bench, draw: random.Random, size: Size) -> Iterator[Injection]:
    """A finished study elsewhere, with other times, or without its memory: nothing is to be done."""
    with tempfile.TemporaryDirectory() as folder:
        for kind, change in list(_SURROUNDINGS.items())[: 1 if size.is_short else None]:
            place = copy_workspace(bench.folder, Path(folder, "study"))
            time.sleep(2.1)  # what was written as lately is not remembered
            change(place, draw)
            planned = planned_jobs(place)
            yield kind, planned == {}, str(planned)
            shutil.rmtree(place)


def _without_memory(place: Path, draw: random.Random) -> None:
    shutil.rmtree(place / ".snakemake")


def _with_new_times(place: Path, draw: random.Random) -> None:
    """As `cp -r` in any order."""
    files = _results(place)
    for file in draw.sample(files, len(files)):
        os.utime(file)


def _at(seconds: float) -> Callable[[Path, random.Random], None]:
    def set_times(place: Path, draw: random.Random) -> None:
        for file in _results(place):
            moment = time.time() + seconds + draw.uniform(-1e5, 1e5)
            os.utime(file, (moment, moment))

    return set_times


def _forgotten(place: Path, draw: random.Random) -> None:
    shutil.rmtree(place / ".lethe")


def _with_damaged_notes(place: Path, draw: random.Random) -> None:
    for file in [*(place / ".lethe").rglob("*"), *(place / ".snakemake/lethe").rglob("*"), *_metadata(place)]:
        if file.is_file() and file.stat().st_size:
            way = draw.choice(list(DAMAGES.values()))
            file.write_bytes(damaged(file.read_bytes(), draw, way))


def _metadata(place: Path) -> list[Path]:
    return [file for file in (place / ".snakemake/metadata").rglob("*") if file.is_file()]


def _with_foreign_index(place: Path, draw: random.Random) -> None:
    """The index of the same study in another folder, as a copied `.lethe` is."""
    index = place / index_of(STUDY)
    with chdir(place):
        shelf = Shelf(index_of(STUDY))
        for file in _results(place):
            shelf.facts(file.relative_to(place).as_posix())
        shelf.remember()
    entries = read_note(index) or {}
    assert entries
    for path in entries:
        entries[path][1] = dict(next(iter(entries.values()))[1])
    index.write_text(note_text(index, entries))
    _with_new_times(place, draw)


def _results(place: Path) -> list[Path]:
    return sorted(file for file in (place / "results").rglob("*") if file.is_file())


def _copied(place: Path, draw: random.Random) -> None:
    """As a user takes a study elsewhere."""
    _without_memory(place, draw)
    _with_new_times(place, draw)


_SURROUNDINGS = {
    "copied without .snakemake, all times new": _copied,
    "every note and record of the folder damaged": _with_damaged_notes,
    ".snakemake deleted": _without_memory,
    "all times new": _with_new_times,
    "times of years ago, in any order": _at(-3e8),
    "times in the future, in any order": _at(3e8),
    ".lethe deleted": _forgotten,
    "an index of other files": _with_foreign_index,
}


def clock_backwards(bench: Bench, draw: random.Random, size: Size) -> Iterator[Injection]:
    """Half of a study is from a day that has not come yet; the rest is made today."""
    _at(1e5)(bench.folder, draw)
    for path in draw.sample(sorted(path for path in bench.whole if path.split("/")[2] in _LATE), 30):
        (bench.folder / path).unlink()
    yield from _runs_to_equal_bytes(bench, "clock set back before the study went on")
    yield "clock set back before the study went on", planned_jobs(bench.folder) == {}, "a second run"


def lying_locks(bench: Bench, draw: random.Random, size: Size) -> Iterator[Injection]:
    """Locks that a dead run left, its number now that of another process."""
    (bench.folder / ".snakemake/locks").mkdir(parents=True, exist_ok=True)
    (bench.folder / ".snakemake/locks/0.input.lock").write_text("results/smoke/report.html\n")
    owner = json.dumps({"host": os.uname().nodename, "process": os.getpid()})
    (bench.folder / ".snakemake/lethe/run.lock").write_text(owner)
    path = "results/smoke/headlines.txt"
    bench.write(path, None)
    yield from _runs_to_equal_bytes(bench, "a lock of a dead run, its number another process's")


def two_runs(bench: Bench, draw: random.Random, size: Size) -> Iterator[Injection]:
    """A second run while the first is alive."""
    kind = "two runs at once"
    for path in _of(bench, "checkpoints/supervised/random"):
        bench.write(path, None)
    first = start_study(bench.folder)
    wait_until(lambda: bool(of_kind(bench.folder, "snakemake")), "Snakemake's start")
    second = run_study(bench.folder)
    is_refused = second.returncode == 1 and "another run is alive here" in second.stdout
    yield kind, is_refused and first.wait() == 0 and not bench.differing(), second.stdout[-300:]


def code_edited(bench: Bench, draw: random.Random, size: Size) -> Iterator[Injection]:
    """Code that is edited while its job runs: the job has made nothing; with the code as it was, equal bytes."""
    code, dense = bench.folder / "workflow/scripts/lethe/training/loop.py", _of(bench, "checkpoints/supervised/dense")
    text = code.read_text()
    for path in dense:
        bench.write(path, None)
    run = start_study(bench.folder)
    wait_until(lambda: len(of_kind(bench.folder, "job", "train.py")) == 2, "training")
    code.write_text(f"{text}\n\ndef edited() -> int:\n    return {draw.randrange(10**9)}\n")
    status, told = run.wait(), (bench.folder / "out.txt").read_text(errors="replace")
    is_refused = status == 1 and "was edited" in " ".join(told.split())
    kept = [path for path in dense if (bench.folder / path).exists()]
    code.write_text(text)
    yield "code edited while its job runs", is_refused and not kept, f"{kept} {told[-600:]}"
    yield from _runs_to_equal_bytes(bench, "code edited while its job runs")


def config_edited(bench: Bench, draw: random.Random, size: Size) -> Iterator[Injection]:
    """A config that is edited while its study runs: what was made is told to be of another; as it was, equal bytes."""
    config = bench.folder / CONFIG
    text = config.read_text()
    for path in _of(bench, "checkpoints/supervised/dense"):
        bench.write(path, None)
    run = start_study(bench.folder)
    wait_until(lambda: len(of_kind(bench.folder, "job", "train.py")) == 2, "training")
    config.write_text(text.replace("learning_rate: 0.1", "learning_rate: 0.2"))
    run.wait()
    planned = planned_jobs(bench.folder)
    # A run that has made again what was lost plans anew, and may have come to the edited config by itself.
    yield "config edited while its study runs", planned == {} or planned.get("train") == 2, str(planned)
    config.write_text(text)
    yield from _runs_to_equal_bytes(bench, "config edited while its study runs")


def failing_disk(bench: Bench, draw: random.Random, size: Size) -> Iterator[Injection]:
    """A disk that fails while jobs write: the run says so, and the next one ends with equal bytes."""
    tokens = bench.folder / "tokens"
    tokens.mkdir()
    code = bench.folder / _DISK
    before = code.read_text()
    code.write_text(before + _FAILING.replace("@folder@", repr(str(tokens))))
    numbers = {**writers.ERRORS, "power loss as a file takes its name": -signal.SIGKILL}
    jobs = [job for job in bench.jobs if job.outputs[0].split("/")[2] in ("pies", "measures", "tables", "evaluations")]
    chosen = draw.sample(jobs, 3 * len(numbers))  # jobs that wait for a failed one are not hit
    for position, job in enumerate(chosen):
        kind = list(numbers)[position % len(numbers)]
        call = "replace" if kind.startswith(("EXDEV", "power")) else "open" if kind.startswith("EROFS") else "fsync"
        path = draw.choice([output for output in job.outputs if output.endswith(".parquet")])
        (tokens / f"{position}.json").write_text(json.dumps([call, path, numbers[kind]]))
        for output in job.outputs:
            bench.write(output, None)
    failed = run_study(bench.folder)
    left = {file.name for file in tokens.iterdir()}
    for file in tokens.iterdir():
        file.unlink()
    is_told = failed.returncode == 1 and "Traceback" not in failed.stdout
    again = run_study(bench.folder)
    is_whole = again.returncode == 0 and not bench.differing() and not side_files(bench.folder)
    traced = failed.stdout.partition("Traceback")
    what = f"{again.returncode} {bench.differing()[:5]} {side_files(bench.folder)} {traced[0][-300:]}{traced[2][:900]}"
    for position in range(len(chosen)):
        if f"{position}.json" not in left:
            kind = list(numbers)[position % len(numbers)]
            yield f"{kind}, in a running study", is_told and is_whole, what
    code.write_text(before)


def signals_at_random(bench: Bench, draw: random.Random, size: Size) -> Iterator[Injection]:
    """Signals to each kind of process at random moments of whole studies."""
    met = 0
    while met < size.signals:
        with tempfile.TemporaryDirectory() as folder:
            place = smoke_workspace(Path(folder, "lethe"))
            hits = disturb(
                place, min(18, size.signals), draw, (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
            )
            wait_until(lambda place=place: not of_kind(place, "job"), "the end of orphans")
            last = run_study(place)
            found = artefacts(place)
            differing = [path for path in bench.whole.keys() | found.keys() if found.get(path) != bench.whole.get(path)]
            is_whole = last.returncode == 0 and not differing and not side_files(place)
            for hit in hits:
                yield f"{hit.number.name} to {_NAMES[hit.target]}", is_whole, f"{hit.running}: {differing[:5]}"
            met += len(hits)
            stop_all(place)


_NAMES = dict(
    zip(TARGETS, ("a job", "a job's client", "the warm server", "Snakemake", "lethe", "all of a run"), strict=True)
)


def _of(bench: Bench, folder: str) -> list[str]:
    return [path for path in bench.whole if path.startswith(f"results/{STUDY}/{folder}/")]


def _runs_to_equal_bytes(bench: Bench, kind: str) -> Iterator[Injection]:
    result = run_study(bench.folder)
    yield kind, result.returncode == 0 and not bench.differing(), f"{bench.differing()[:5]} {result.stdout[-600:]}"


_QUICK = (damaged_artefacts, hidden_damage, failing_writers, other_surroundings, run_with_damage)
_SLOW = (clock_backwards, lying_locks, two_runs, code_edited, config_edited, failing_disk, signals_at_random)


def inject(finished: Path, folder: Path, seed: int, size: Size) -> dict[str, Row]:
    """All faults, each group of them in a fresh copy of a finished study.

    Args: finished: a workspace in which the smoke study has run to its end.
    """
    rows: dict[str, Row] = {}
    for group in _QUICK if size.is_short else (*_QUICK, *_SLOW):
        began = time.monotonic()
        place = folder / group.__name__
        try:
            for kind, is_survived, what in group(
                Bench(finished, place), random.Random(f"{seed}/{group.__name__}"), size
            ):
                row = rows.setdefault(kind, Row())
                row.injected += 1
                row.lost += [] if is_survived else [what]
        finally:
            stop_all(place)
        shutil.rmtree(place)
        print(f"{group.__name__}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return rows


def table(rows: dict[str, Row]) -> str:
    """For people."""
    lines = [f"{'kind of fault':58}{'injected':>10}{'survived':>10}{'lost':>6}"]
    for kind, row in rows.items():
        lines.append(f"{kind:58}{row.injected:10}{row.injected - len(row.lost):10}{len(row.lost):6}")
    injected, lost = sum(row.injected for row in rows.values()), sum(len(row.lost) for row in rows.values())
    return "\n".join([*lines, f"{f'{len(rows)} kinds':58}{injected:10}{injected - lost:10}{lost:6}", CAPTION])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a minute's worth")
    parser.add_argument("--signals", type=int, default=54, help="how many signals to processes")
    parser.add_argument("--rounds", type=int, default=2, help="how often a study with damaged files is run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--study", type=Path, help="a workspace in which the smoke study has run; by default a new one")
    parser.add_argument("--only", default="", help="one group of faults, by its function's name")
    parser.add_argument("--json", type=Path, help="a file for what the table shows, and what was lost")
    given = parser.parse_args()
    global _QUICK, _SLOW
    if given.only:
        _QUICK, _SLOW = tuple(group for group in (*_QUICK, *_SLOW) if group.__name__ == given.only), ()
    with tempfile.TemporaryDirectory() as folder:
        study = given.study
        if study is None:
            study = smoke_workspace(Path(folder, "finished"))
            result = run_study(study)
            assert result.returncode == 0, result.stdout
        rows = inject(study, Path(folder), given.seed, Size(given.short, given.signals, given.rounds))
    print(table(rows))
    lost = [f"lost: {kind}: {what}" for kind, row in rows.items() for what in row.lost]
    print(*lost[:30], sep="\n")
    if given.json:
        given.json.write_text(json.dumps({kind: [row.injected, row.lost] for kind, row in rows.items()}))
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
