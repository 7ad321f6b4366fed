"""What finished jobs took, from Snakemake's records; what no job has told is not made up."""

import json
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from lethe.run.measured import Measured, measured, readable_size


def record(folder: Path, path: str, rule: str, start: float, end: float, size: int = 0, longest: int = 255) -> None:
    """What Snakemake leaves of a finished job, for one of its results."""
    name = urlsafe_b64encode(path.encode()).decode()
    parts = [name[i : i + longest - 1] for i in range(0, len(name), longest - 1)]
    file = Path(folder, ".snakemake/metadata", *(f"@{part}" for part in parts[:-1]), parts[-1])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"rule": rule, "starttime": start, "endtime": end}))
    result = folder / path
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_bytes(b"x" * size)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    record(tmp_path, "results/trial/a.safetensors", "train", 100.0, 160.0, 1000)
    record(tmp_path, "results/trial/a.parquet", "train", 100.0, 160.0, 500)
    record(tmp_path, "results/trial/b.safetensors", "train", 100.5, 120.5, 1000, longest=20)
    record(tmp_path, "results/trial/c.safetensors", "compress", 200.0, 202.0, 10)
    record(tmp_path, "results/other/c.safetensors", "compress", 300.0, 900.0, 10)
    (tmp_path / ".snakemake/metadata/half").write_text('{"rule": "tr')
    return tmp_path


def test_jobs_of_a_rule_and_all_that_they_wrote_are_counted_once(folder: Path) -> None:
    assert measured("trial", folder) == Measured({"train": 40.0, "compress": 2.0}, {"train": 1250.0, "compress": 10.0})
    assert measured("nothing", folder) == Measured() == measured("trial", folder / "elsewhere")


@pytest.mark.parametrize("odd", ["null", "[]", '{"rule": "train"}', '{"rule": 1, "starttime": null, "endtime": 2}'])
def test_a_record_of_another_form_counts_for_nothing(folder: Path, odd: str) -> None:
    before = measured("trial", folder)
    name = urlsafe_b64encode(b"results/trial/odd.parquet").decode()
    (folder / ".snakemake/metadata" / name).write_text(odd)
    (folder / ".snakemake/metadata" / f"{name}x").write_text('{"rule": "a", "starttime": NaN, "endtime": Infinity}')
    assert measured("trial", folder) == before


def test_an_estimate_says_what_is_not_known(folder: Path) -> None:
    took = measured("trial", folder)
    assert took.estimate({"train": 3, "compress": 2}) == (
        "about 0:02:04 if one job follows the other, and 3.77 kB on disk, by what finished jobs of this study took"
    )
    told = took.estimate({"train": 3, "find_pies": 2, "make_page": 1})
    assert told.endswith("took; more for find_pies, make_page, of which none has finished yet")
    assert took.estimate({"find_pies": 2}) == "time and disk: not known before jobs of this study have finished"


@pytest.mark.parametrize(
    ("size", "told"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (2.5e6, "2.5 MB"), (7e12, "7 TB"), (7e15, "7e+03 TB")],
)
def test_sizes_are_told_in_the_largest_unit(size: float, told: str) -> None:
    assert readable_size(size) == told
