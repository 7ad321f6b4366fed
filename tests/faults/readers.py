"""Damage every kind of file in every way, open each through the reader that the project has for it, and count.

    python tests/faults/readers.py [--mutations 10000] [--study FOLDER]

A reader is to answer with one of the project's own errors, or, where the file can be found out again, as if it was not
there. A foreign exception is bad, a crash of a library is worse, and other values are worst. The readers run in a child
process; where it dies, the next one goes on behind the file that killed it.
"""

import argparse
import hashlib
import json
import os
import pickle
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "workflow/scripts")]

import pyarrow as pa  # noqa: E402 (the path comes first)
import torch  # noqa: E402

from lethe.compress.channels import read_groups, write_groups  # noqa: E402
from lethe.core.errors import LetheError  # noqa: E402
from lethe.data.store import open_split  # noqa: E402
from lethe.networks.checkpoint import read_block  # noqa: E402
from lethe.regimes.learner import Learner  # noqa: E402
from lethe.run.measured import measured  # noqa: E402
from lethe.run.single_run import _owner  # noqa: E402
from lethe.run.status import running_line  # noqa: E402
from lethe.store import seal  # noqa: E402
from lethe.store.arrays import read_arrays, read_header, write_arrays  # noqa: E402
from lethe.store.files import STATE  # noqa: E402
from lethe.store.fingerprints import Fingerprints, fingerprints, read_index, visible_files, write_index  # noqa: E402
from lethe.store.notes import read_note, write_note  # noqa: E402
from lethe.store.records import check_beside, read_sealed  # noqa: E402
from lethe.store.schema import LABELLED  # noqa: E402
from lethe.store.tables import read_arrow, read_record, read_table, write_table  # noqa: E402
from lethe.study.origin import _read as read_origin  # noqa: E402
from lethe.study.standing import Shelf, _read_index, index_of  # noqa: E402
from lethe.study.state_file import read_state  # noqa: E402
from lethe.training import progress, resume  # noqa: E402
from support.channels import small_groups  # noqa: E402
from support.damage import DAMAGES, damaged  # noqa: E402
from support.small import small_model  # noqa: E402
from support.workspace import copy_workspace  # noqa: E402

# What became of a file that was opened.
REFUSED, IGNORED, SAME, ELSEWHERE = "refused", "ignored", "same values", "another whole file"
FOREIGN, CRASHED, ACCEPTED = "foreign exception", "crash", "other values"
# A file is written for every mutation.
_IN_MEMORY = Path("/dev/shm")
GOOD, BAD = (REFUSED, IGNORED, SAME, ELSEWHERE), (FOREIGN, CRASHED, ACCEPTED)
ANOTHER, OF_ANOTHER_KIND, GONE = "another file of its kind", "a file of another kind", "gone"
WAYS = (*DAMAGES, ANOTHER, OF_ANOTHER_KIND, GONE)


@dataclass(frozen=True)
class Kind:
    """One kind of file, and how it is read.

    Attributes:
        files: those that are damaged, in turns.
        others: more whole files of the same kind.
        read: gives values that can be compared; nothing for a file that counts as missing.
        names_itself: whether it may only be what it is in its own place; a result of another cell is whole, and it is
            for plans and jobs to say that it does not belong (`faults/table.py`).
        is_ours: whether this project writes it, so that it can carry a seal.
    """

    files: Sequence[Path]
    others: Sequence[Path]
    read: Callable[[Path], Any]
    names_itself: bool = False
    is_ours: bool = True


def kinds(study: Path) -> dict[str, Kind]:
    """All kinds of files, some of them made here; the working folder becomes the copy of a finished study.

    Args: study: a workspace in which the smoke study has run to its end.
    """
    os.chdir(study)
    results = Path("results/smoke")
    dense = results / "checkpoints/supervised/dense/0"
    checkpoints = [*dense.glob("*.safetensors"), *results.glob("checkpoints/*/random/*/*.safetensors")]
    found = {
        "checkpoint": Kind(checkpoints, [], _networks),
        "header of a checkpoint": Kind(checkpoints, [], read_header),
        "images": Kind(
            [results / "data/test.npy"], [results / "data/train.npy"], lambda file: _split(file, results / "data")
        ),
        "trajectories": Kind(sorted(results.glob("trajectories/*/*.safetensors")), [], read_arrays),
        "manifest of figures": Kind([results / "figures/manifest.json", results / "manifest.json"], [], read_sealed),
        "figure": Kind(sorted(results.glob("figures/*.p*")), [], _beside),
        "page": Kind([results / "report.html", results / "headlines.txt"], [], _beside),
    }
    for name, tables in _tables(results).items():
        found[f"{name}: parquet"] = Kind(tables, [], _table)
    return {**found, **_made_here(Path("made"), checkpoints), **_remembered()}


def _tables(results: Path) -> dict[str, list[Path]]:
    """All tables of a study by the folder of what makes them."""
    found: dict[str, list[Path]] = {}
    for file in sorted(results.rglob("*.parquet")):
        parts = file.relative_to(results).parts
        found.setdefault(f"measures/{parts[1]}" if parts[0] == "measures" else parts[0], []).append(file)
    return found


def _made_here(folder: Path, checkpoints: Sequence[Path]) -> dict[str, Kind]:
    """Kinds that a finished smoke study has none of: side files of unfinished jobs, channels, draws of labels."""
    folder.mkdir(exist_ok=True)
    outputs = [folder / f"seeds{block}.safetensors" for block in ("0-1", "2-3")]
    for number, output in enumerate(outputs):
        step = progress.Progress(number, 3, 6, 0.5 + number, 0.25, 0.75)
        write_note(progress.side_file(output), {**progress.asdict(step), "seconds_left": 60})
        write_note(output.with_name(f".{output.name}.diverged"), {f"plan{number}": "seed 0 diverged"})
        for seed in (0, 1):
            _save(resume.side_file(output, seed), seed)
        write_groups(folder / f"channels{number}.json", small_groups()[: number + 1], {"code_version": "test"})
        rows = pa.table({"seed": [number] * 20, "example_id": list(range(number, number + 20))})
        write_table(folder / f"labelled{number}.parquet", rows, LABELLED, {"code_version": "test"})
        write_arrays(folder / f"arrays{number}.safetensors", {"a": torch.arange(99).numpy() + number}, {"of": "test"})
    first, second = outputs
    own_seed, other_seed = (resume.side_file(first, seed) for seed in (0, 1))
    return {
        "resume side file": Kind(
            [own_seed], [other_seed, checkpoints[0]], lambda file: _saved(file, own_seed), names_itself=True
        ),
        "progress side file": Kind(
            [progress.side_file(first)],
            [progress.side_file(second)],
            lambda _: running_line(first),
            names_itself=True,
        ),
        "mark of divergence": Kind(
            [first.with_name(f".{first.name}.diverged")],
            [second.with_name(f".{second.name}.diverged")],
            read_note,
            names_itself=True,
        ),
        "channels": Kind([folder / f"channels{number}.json" for number in (0, 1)], [], read_groups),
        "labels": Kind(
            [folder / "labelled0.parquet"],
            [folder / "labelled1.parquet"],
            lambda file: read_table(file, LABELLED).to_dict("list"),
        ),
        "arrays": Kind([folder / f"arrays{number}.safetensors" for number in (0, 1)], [], read_arrays),
    }


def _remembered() -> dict[str, Kind]:
    """What a folder remembers beside results."""
    inputs, checked = STATE / "inputs/smoke", Path(".snakemake/lethe/checked")
    write_note(inputs / "model.json", {"sha256": "b" * 64})
    write_index(inputs / "model.read.parquet", fingerprints(visible_files(Path("studies"))))
    for name in ("smoke", "other"):
        shelf = Shelf(index_of(name))
        for file in sorted(Path("results/smoke/checkpoints").rglob("*.safetensors"))[: 3 if name == "other" else None]:
            shelf.facts(file.as_posix())
        shelf.remember()
    origin, other = STATE / "origins/smoke.json", STATE / "origins/other.json"
    shutil.copy(origin, other)
    notes = {
        "mark of a checked config": sorted(set(checked.glob("*.json")) - set(checked.glob("*.*.json"))),
        "files that a config names": sorted(checked.glob("*.files.json"))[:1],  # others name none
        "what a network said": sorted([*checked.glob("*.fits.json"), *checked.glob("*.weights.json")]),
        "versions of the code": sorted(checked.glob("code.*.json")),
    }
    write_note(notes["files that a config names"][0], {"dataset": ["names.txt"]})
    metadata = next(file for file in Path(".snakemake/metadata").rglob("*") if file.is_file())
    lock = Path(".snakemake/lethe/run.lock")
    return {
        "state of inputs": Kind(
            [inputs / f"{part}.json" for part in ("dataset", "model")], [], read_state, names_itself=True
        ),
        "index of inputs": Kind(
            [inputs / "dataset.read.parquet"], [inputs / "model.read.parquet"], lambda file: _index(read_index(file))
        ),
        "index of a study's files": Kind([index_of("smoke")], [index_of("other")], _read_index, names_itself=True),
        "owners of networks": Kind([origin], [other], lambda _: read_origin("smoke"), names_itself=True),
        **{name: Kind(files, [inputs / "dataset.json"], read_note, names_itself=True) for name, files in notes.items()},
        "Snakemake's record of a job": Kind([metadata], [lock], lambda _: measured("smoke"), is_ours=False),
        "owner of the run's lock": Kind([lock], [metadata], lambda _: _owner(Path()), is_ours=False),
    }


def _networks(file: Path) -> Any:
    block = read_block(file)
    return block.record, [_plain(state) for state in block.states]


def _plain(state: dict[str, torch.Tensor]) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in sorted(state.items())}


def _split(images: Path, folder: Path) -> Any:
    split = open_split(images, folder / "test.parquet")
    return split.images.tobytes(), split.labels.tobytes(), split.example_ids.tobytes()


def _beside(file: Path) -> bytes:
    check_beside(file)
    return file.read_bytes()


def _table(file: Path) -> Any:
    return read_record(file), read_arrow(file).to_pydict()


def _save(file: Path, seed: int) -> None:
    learner = Learner(small_model(seed))
    optimizer = torch.optim.SGD(learner.parameters(), lr=0.1, momentum=0.9)
    state = {name: tensor.detach() for name, tensor in learner.state_dict().items()}
    resume.save_state(file, resume.Saved(3, state, resume.optimizer_tensors(optimizer), {}), "plan")


def _saved(file: Path, own: Path) -> Any:
    saved = resume.load_state(file, "plan")
    return None if saved is None else (saved.epoch, _plain(saved.learner), _plain(saved.optimizer))


def _index(found: Fingerprints | None) -> Any:
    return None if found is None else (found.names, found.stats.tobytes(), found.digests)


def outcomes(name: str, kind: Kind, mutations: int, start: int, foreign: Sequence[Path]) -> Iterator[str]:
    """What becomes of a file, mutation by mutation, from one of them on; it is itself again after each."""
    expected = {file: _values(kind, file) for file in kind.files}
    for file, found in expected.items():
        assert found, f"{file} cannot be read even before it is damaged"
    for number in range(start, mutations):
        draw = random.Random(f"{name}/{number}")
        way, file = WAYS[number % len(WAYS)], draw.choice(kind.files)
        whole = file.read_bytes()
        content = _mutated(kind, file, way, draw, foreign)
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content)
        seal._verified.clear()  # a file may be written twice in one tick of the file system's clock
        yield _outcome(kind, file, expected[file], is_whole=way in (ANOTHER, OF_ANOTHER_KIND))
        file.write_bytes(whole)


def _mutated(kind: Kind, file: Path, way: str, draw: random.Random, foreign: Sequence[Path]) -> bytes | None:
    if way == GONE:
        return None
    if way == ANOTHER:
        return draw.choice([other for other in (*kind.files, *kind.others) if other != file]).read_bytes()
    if way == OF_ANOTHER_KIND:
        return draw.choice(foreign).read_bytes()
    return damaged(file.read_bytes(), draw, DAMAGES[way])


def _values(kind: Kind, file: Path) -> str:
    """A digest of what a reader gives; empty where it gives nothing."""
    found = kind.read(file)
    return hashlib.sha256(pickle.dumps(found)).hexdigest() if found else ""


def _outcome(kind: Kind, file: Path, expected: str, *, is_whole: bool) -> str:
    try:
        found = _values(kind, file)
    except LetheError:
        return REFUSED
    except Exception as error:
        return f"{FOREIGN} {type(error).__name__}: {error}"[:300].replace("\n", " ")
    if not found:
        return IGNORED
    if found == expected:
        return SAME
    return ELSEWHERE if not kind.is_ours or (is_whole and not kind.names_itself) else ACCEPTED


def child(study: Path, mutations: int, first: str, start: int) -> None:
    """All kinds from one of them on, from one mutation of it on; a line for each."""
    known = kinds(study)
    foreign = [kind.files[0] for kind in known.values()]
    foreign = [_kept(file, number) for number, file in enumerate(foreign)]
    names = list(known)
    for name in names[names.index(first) if first else 0 :]:
        numbers = outcomes(name, known[name], mutations, start if name == first else 0, foreign)
        for outcome in numbers:
            print(json.dumps([name, outcome]), flush=True)


def _kept(file: Path, number: int) -> Path:
    """A copy that nobody damages."""
    Path("kept").mkdir(exist_ok=True)
    return Path(shutil.copy(file, Path("kept") / f"{number}{file.suffix}"))


def count_outcomes(study: Path, mutations: int) -> tuple[dict[str, Counter[str]], list[str]]:
    """How often each kind of file met each outcome, and what is told of the bad ones.

    Args: study: a workspace in which the smoke study has run; it is copied.
    """
    counts: dict[str, Counter[str]] = {}
    told: list[str] = []
    with tempfile.TemporaryDirectory(dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as folder:
        name, done = "", 0
        while True:
            place = Path(folder, "study")
            shutil.rmtree(place, ignore_errors=True)
            copy_workspace(study, place)
            words = [sys.executable, __file__, "--child", str(place), "--mutations", str(mutations)]
            with subprocess.Popen([*words, "--first", name, "--start", str(done)], stdout=subprocess.PIPE) as process:
                assert process.stdout is not None
                before = (name, done)
                for line in process.stdout:
                    now, outcome = json.loads(line)
                    name, done = now, done + 1 if now == name else 1
                    kept = next(each for each in (*GOOD, *BAD) if outcome.startswith(each))
                    counts.setdefault(name, Counter())[kept] += 1
                    if kept in BAD:
                        told.append(f"{name}, {WAYS[(done - 1) % len(WAYS)]}: {outcome}")
            if process.returncode == 0:
                return counts, told
            assert process.returncode < 0 and (name, done) != before, f"the readers ended with {process.returncode}"
            counts[name][CRASHED] += 1
            told.append(f"{name}, {WAYS[done % len(WAYS)]}: signal {-process.returncode}")
            done += 1


def table(counts: dict[str, Counter[str]]) -> str:
    """For people."""
    columns = (*GOOD, *BAD)
    lines = [f"{'kind of file':32}" + "".join(f"{column:>20}" for column in columns)]
    totals: Counter[str] = Counter()
    for name, found in [*counts.items(), ("all", totals)]:
        lines.append(f"{name:32}" + "".join(f"{found[column]:20}" for column in columns))
        totals += found if name != "all" else Counter()
    return "\n".join(lines)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--mutations", type=int, default=10_000, help="of each kind of file")
    parser.add_argument("--study", type=Path, help="a workspace in which the smoke study has run; by default a new one")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--first", default="", help=argparse.SUPPRESS)
    parser.add_argument("--start", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child, given.mutations, given.first, given.start)
        return
    with tempfile.TemporaryDirectory() as folder:
        study = given.study or _finished(Path(folder, "lethe"))
        counts, told = count_outcomes(study, given.mutations)
    print(table(counts), *told[:50], sep="\n")
    sys.exit(bool(told))


def _finished(folder: Path) -> Path:
    from support.faults import run_study
    from support.finished import smoke_workspace

    result = run_study(smoke_workspace(folder))
    assert result.returncode == 0, result.stdout
    return folder


if __name__ == "__main__":
    main()
