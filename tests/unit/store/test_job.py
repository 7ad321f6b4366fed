"""A record says what its job was asked and what it read, and a job refuses inputs that do not belong together."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lethe.core.errors import ForeignInput
from lethe.store import job
from lethe.store.records import JOB, read_sealed, write_sealed
from lethe.store.seal import read_sealed as sealed
from lethe.study import paths as grid_paths
from lethe.study.asked import asked_by

IMAGES = "results/s/data/train.npy"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    job.end()


def made(
    path: str, *reads: str, asked: str = "a", alike: str = "a", code: str = "c", images: str = ""
) -> dict[str, Any]:
    """The record of a file that a job makes from others."""
    job.begin(asked, code, alike)
    if images:
        job.note_read(Path(IMAGES), images)
    for read in reads:
        read_sealed(Path(read))
    write_sealed(Path(path), {"content": asked})
    job.end()
    record: dict[str, Any] = json.loads(sealed(Path(path)).record)[JOB]
    return record


def test_a_record_names_what_was_read_with_its_digest() -> None:
    made("one.json")
    record = made("two.json", "one.json", asked="b")
    assert record["asked"] == "b" and record["code"] == "c"
    assert record["read"] == {"one.json": job.short(sealed(Path("one.json")).sha256)}


def test_outside_a_job_nothing_is_recorded() -> None:
    write_sealed(Path("a.json"), {})
    assert JOB not in json.loads(sealed(Path("a.json")).record)
    assert JOB not in read_sealed(Path("a.json"))


def test_what_is_made_from_a_file_does_not_repeat_its_job() -> None:
    made("one.json")
    assert set(read_sealed(Path("one.json"))) == {"content", "schema_version"}


def test_no_folder_of_a_machine_stands_in_a_record(tmp_path: Path) -> None:
    made("one.json")
    record = made("two.json", str(tmp_path / "one.json"))
    assert list(record["read"]) == ["one.json"] and str(tmp_path) not in Path("two.json").read_text()


def test_blocks_of_one_kind_are_alike_and_others_are_not() -> None:
    first, second = (made(f"c/seeds{block}.json", asked=block, images="i") for block in ("0-1", "2-3"))
    assert first["kin"] == second["kin"] and first["asked"] != second["asked"]
    assert made("d.json", alike="other", images="i")["kin"] != first["kin"]
    assert made("e.json", code="edited", images="i")["kin"] != first["kin"]
    assert made("f.json", images="others")["kin"] != first["kin"]


def test_blocks_that_were_not_made_alike_are_refused() -> None:
    made("c/seeds0-1.json", alike="2 epochs")
    made("c/seeds2-3.json", alike="6 epochs")
    with pytest.raises(ForeignInput, match=r"c/seeds2-3\.json was not made like the other blocks of c/seeds\*\.json"):
        made("population.json", "c/seeds0-1.json", "c/seeds2-3.json")
    assert not Path("population.json").exists()


def test_what_blocks_were_made_from_counts_too() -> None:
    for block, epochs in (("0-1", "2 epochs"), ("2-3", "6 epochs")):
        made(f"networks/seeds{block}.json", alike=epochs)
        made(f"predictions/seeds{block}.json", f"networks/seeds{block}.json", alike="predict")
    with pytest.raises(ForeignInput, match="not made like"):
        made("population.json", "predictions/seeds0-1.json", "predictions/seeds2-3.json")


def test_networks_of_other_images_are_refused_however_far_back() -> None:
    made("network.json", images="first")
    made("compressed.json", "network.json", asked="b")
    with pytest.raises(ForeignInput, match=rf"compressed\.json was made from another {IMAGES}"):
        made("predictions.json", "compressed.json", images="second")


def test_twins_that_only_the_first_blocks_have_make_no_block_another() -> None:
    """As the study plans them: networks of every block, further trainings of the first."""
    twin = grid_paths.TWIN.format(study="s", regime="r", twin="noise0.1", block="0-1")
    for block, twins in (("0-1", [twin]), ("2-3", [])):
        for network in (f"networks/seeds{block}.json", *twins):
            Path(network).parent.mkdir(parents=True, exist_ok=True)
            made(network)
        words = [f"checkpoint=networks/seeds{block}.json", *(f"twins={path}" for path in twins), "--block", block]
        asked = asked_by("measure.py", words)
        reads = (f"networks/seeds{block}.json", *twins)
        made(f"gaps/seeds{block}.json", *reads, asked=asked.digest, alike=asked.alike)
    record = made("table.json", "gaps/seeds0-1.json", "gaps/seeds2-3.json")
    assert len(record["read"]) == 2
    made("gaps/seeds2-3.json", "networks/seeds2-3.json", alike="other options")
    with pytest.raises(ForeignInput, match="not made like"):
        made("table.json", "gaps/seeds0-1.json", "gaps/seeds2-3.json")
