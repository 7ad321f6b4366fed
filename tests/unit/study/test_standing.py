"""What a file is worth follows from what is in it: neither times nor an index that lies can make it worth more."""

import json
import os
import shutil
from pathlib import Path

import pytest

from lethe.store import job
from lethe.store.notes import read_note, write_note
from lethe.store.records import BESIDE, digests_of, read_sealed, write_sealed
from lethe.study.asked import Asked, asked_by
from lethe.study.standing import Shelf, Wrong, wrong_with

INDEX = Path(".lethe/standing/s.json")
NETWORK, PREDICTIONS, FIGURE, MANIFEST = "network.json", "predictions.json", "figure.png", "manifest.json"


@pytest.fixture(autouse=True)
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network, predictions made from it, and a figure made from these, with its manifest."""
    monkeypatch.chdir(tmp_path)
    made(NETWORK)
    made(PREDICTIONS, NETWORK)
    Path(FIGURE).write_bytes(b"pixels")
    begin(FIGURE)
    read_sealed(Path(PREDICTIONS))
    write_sealed(Path(MANIFEST), {BESIDE: digests_of(Path(FIGURE))})
    job.end()


def asked(path: str, option: str = "") -> Asked:
    return asked_by("make.py", [path, option, "--code-version", "v1"])


def begin(path: str, option: str = "") -> None:
    command = asked(path, option)
    job.begin(command.digest, command.code, command.alike)


def made(path: str, *reads: str, option: str = "") -> None:
    begin(path, option)
    for read in reads:
        read_sealed(Path(read))
    write_sealed(Path(path), {"of": path, "option": option})
    job.end()


def found(*, thorough: bool = False) -> dict[str, Wrong | None]:
    shelf = Shelf(INDEX, is_thorough=thorough)
    jobs = {NETWORK: [NETWORK], PREDICTIONS: [PREDICTIONS], FIGURE: [FIGURE, MANIFEST]}
    wrong = {name: wrong_with(outputs, asked(name), shelf) for name, outputs in jobs.items()}
    shelf.remember()
    return wrong


def kinds(**options: bool) -> dict[str, str]:
    return {name: wrong.kind for name, wrong in found(**options).items() if wrong is not None}


def backdate(path: str) -> None:
    """As a file looks that was written long ago, so that the index may trust its times."""
    os.utime(path, (1e9, 1e9))


def test_all_is_fine_whatever_times_say() -> None:
    assert kinds() == {}
    for place, path in enumerate([NETWORK, PREDICTIONS, FIGURE, MANIFEST]):
        os.utime(
            path, (4e9 - place * 1e8, 4e9 - place * 1e8)
        )  # inputs newer than what was made from them, in the future
    assert kinds() == {} == kinds(thorough=True)


def test_a_copy_elsewhere_is_as_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(tmp_path, tmp_path / "copy", copy_function=shutil.copyfile)
    monkeypatch.chdir(tmp_path / "copy")
    assert kinds() == {}


@pytest.mark.parametrize(
    ("path", "name"), [(NETWORK, NETWORK), (PREDICTIONS, PREDICTIONS), (FIGURE, FIGURE), (MANIFEST, FIGURE)]
)
def test_damage_is_found_and_named(path: str, name: str) -> None:
    kinds()
    content = bytearray(Path(path).read_bytes())
    content[3] ^= 16
    Path(path).write_bytes(bytes(content))
    backdate(path)
    wrong = found()[name]
    assert wrong is not None and wrong.kind == "damaged"
    # A figure whose manifest is damaged is known by nobody.
    assert wrong.path in (path, FIGURE) and wrong.reason.startswith(wrong.path)


@pytest.mark.parametrize(("path", "name"), [(NETWORK, NETWORK), (FIGURE, FIGURE), (MANIFEST, FIGURE)])
def test_what_is_gone_is_missing(path: str, name: str) -> None:
    Path(path).unlink()
    assert found()[name] == Wrong("missing", path, f"{path} is missing")


def test_other_options_or_code_are_stale_and_say_which() -> None:
    made(NETWORK, option="more")
    wrong = found()[NETWORK]
    assert wrong is not None and wrong.kind == "stale" and "other options" in wrong.reason
    shelf = Shelf(INDEX)
    edited = wrong_with([PREDICTIONS], asked_by("make.py", [PREDICTIONS, "", "--code-version", "v2"]), shelf)
    assert edited is not None and edited.reason == f"{PREDICTIONS} was made by code v1, now v2"


def test_a_file_that_was_made_from_another_is_stale_though_nothing_else_changed() -> None:
    kept = Path(NETWORK).read_bytes()
    begin(NETWORK)
    write_sealed(Path(NETWORK), {"of": "the same request", "option": "with another result"})
    job.end()
    assert kinds() == {PREDICTIONS: "stale"}
    assert found()[PREDICTIONS] == Wrong("stale", PREDICTIONS, f"{PREDICTIONS} was made from another {NETWORK}")
    Path(NETWORK).write_bytes(kept)  # made again as it was
    assert kinds() == {}


def test_a_whole_file_in_the_place_of_another_is_as_good_as_damaged() -> None:
    shutil.copy(NETWORK, PREDICTIONS)
    wrong = found()[PREDICTIONS]
    assert wrong == Wrong("damaged", PREDICTIONS, f"{PREDICTIONS} is another file, {NETWORK}, in its place")


def test_a_file_that_no_job_made_says_so() -> None:
    write_sealed(Path(NETWORK), {"of": "a notebook"})
    wrong = found()[NETWORK]
    assert wrong is not None and wrong.reason == f"{NETWORK} was made by no job of this workflow"


def test_an_earlier_version_is_out_of_date_and_not_damaged() -> None:
    Path(NETWORK).write_text(json.dumps({"schema_version": 1}))
    assert kinds()[NETWORK] == "stale"


def test_a_second_look_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (NETWORK, PREDICTIONS, FIGURE, MANIFEST):
        backdate(path)
    Path(NETWORK).stat()
    monkeypatch.setattr("lethe.study.standing._FRESH_NANOSECONDS", 0)
    assert kinds() == {}
    monkeypatch.setattr("lethe.study.standing.read_sealed", lambda path: pytest.fail(f"{path} was read again"))
    assert kinds() == {}


def test_what_was_just_written_is_not_trusted() -> None:
    kinds()
    assert not read_note(INDEX)


@pytest.mark.parametrize("content", ["", "[]", "not JSON", '{"files": {"network.json": 3}}'])
def test_a_damaged_index_is_made_anew(content: str) -> None:
    INDEX.parent.mkdir(parents=True, exist_ok=True)
    INDEX.write_text(content)
    assert kinds() == {}


def test_a_thorough_look_finds_what_a_disk_did_behind_the_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lethe.study.standing._FRESH_NANOSECONDS", 0)
    assert kinds() == {}
    known = read_note(INDEX)
    assert known is not None
    content = bytearray(Path(NETWORK).read_bytes())
    content[-4] ^= 1
    Path(NETWORK).write_bytes(bytes(content))
    stat = Path(NETWORK).stat()
    known[NETWORK][0] = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]  # nothing tells of the change
    write_note(INDEX, known)
    assert kinds() == {}
    assert kinds(thorough=True) == {NETWORK: "damaged"}
