"""Images that differ from those that were read, and what Snakemake sees of it: the time of a small file."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from lethe.data.inputs import dataset_files
from lethe.data.prepare import Source, SplitFiles, prepare
from lethe.data.watch import accept, changes, forget, watch
from lethe.store.tables import read_record
from lethe.study.config import Study, read_study
from unit.data.published import Fixture, idx_bytes, publish

WITH_FILES = ("cifar10", "cifar100", "fashion_mnist", "image_folder", "kmnist", "mnist", "svhn")
OLD = 946_684_800


@dataclass(frozen=True)
class Prepared:
    """A study whose images were read."""

    study: Study
    root: Path

    @property
    def state(self) -> Path:
        return Path(".lethe/inputs/own/dataset.json")

    @property
    def is_news(self) -> bool:
        """Whether Snakemake would take the state for newer than the images."""
        return self.state.stat().st_mtime > Path("results/own/data/train.npy").stat().st_mtime

    def read(self) -> None:
        """What the rule does."""
        files = [
            SplitFiles(Path(f"results/own/data/{s}.npy"), Path(f"results/own/data/{s}.parquet"))
            for s in ("train", "test")
        ]
        dataset = self.study.dataset
        prepare(Source(dataset.name, json.dumps(dataset.options), self.root, None, 0), *files, inputs=self.state)


def study_of(name: str, published: Fixture) -> Study:
    values = {
        "study": "own",
        "dataset": {"name": name, "root": str(published.root), "options": published.options},
        "model": {"name": "resnet"},
        "seeds": {"count": 2, "block": 2},
        "regimes": {"supervised": {"epochs": 1, "batch_size": 4, "learning_rate": 0.1}},
        "compression": {"random": {"levels": [0.5]}},
    }
    return read_study(values, where="own.yaml")


@pytest.fixture
def prepared(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    name = getattr(request, "param", "image_folder")
    published = publish(name, tmp_path / "source", monkeypatch)
    monkeypatch.chdir(tmp_path)
    made = Prepared(study_of(name, published), tmp_path / "source")
    watch(made.study, {})
    made.read()
    return made


def an_image(prepared: Prepared) -> Path:
    return sorted(dataset_files("image_folder", {"size": 8}, prepared.root))[0]


def edit(prepared: Prepared) -> None:
    image = an_image(prepared)
    image.write_bytes(image.read_bytes() + b"\0")


def add(prepared: Prepared) -> None:
    image = an_image(prepared)
    image.with_name(f"another{image.suffix}").write_bytes(image.read_bytes())


def remove(prepared: Prepared) -> None:
    an_image(prepared).unlink()


def rename(prepared: Prepared) -> None:
    image = an_image(prepared)
    image.rename(image.with_name(f"renamed{image.suffix}"))


over_changes = pytest.mark.parametrize("change", [edit, add, remove, rename])


def test_before_images_are_read_nothing_is_hashed_and_nothing_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first dry run of a folder of a terabyte must not read it."""
    published = publish("image_folder", tmp_path / "source", monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lethe.store.fingerprints._sha256", lambda path: pytest.fail(f"{path} was read"))
    study = study_of("image_folder", published)
    assert watch(study, {}) == changes(study, {}) == []
    assert Path(".lethe/inputs/own/dataset.json").stat().st_mtime == OLD


def test_the_record_of_the_images_has_their_digest(prepared: Prepared) -> None:
    records = [read_record(Path(f"results/own/data/{split}.parquet"))["files"] for split in ("train", "test")]
    count = len(dataset_files("image_folder", {"size": 8}, prepared.root))
    assert records[0] == records[1] == {"count": count, "sha256": json.loads(prepared.state.read_text())["sha256"]}


def test_what_did_not_change_is_no_news(prepared: Prepared) -> None:
    an_image(prepared).touch()
    (prepared.root / "train/.hidden.png").write_bytes(b"x")
    (an_image(prepared).parent / "notes.txt").write_bytes(b"x")
    assert changes(prepared.study, {}) == watch(prepared.study, {}) == []
    assert not prepared.is_news


@pytest.mark.slow
@over_changes
def test_a_change_is_told_until_it_is_read(prepared: Prepared, change: Callable[[Prepared], None]) -> None:
    before = prepared.state.read_bytes()
    change(prepared)
    told = changes(prepared.study, {})
    assert len(told) == 1 and "differ from those that were read" in told[0] and "lethe accept" in told[0]
    assert prepared.state.read_bytes() == before, "`lethe status` writes nothing"
    for _ in range(2):  # a dry run must not lose the knowledge
        assert watch(prepared.study, {}) == told
        assert prepared.is_news
    assert changes(prepared.study, {}) == told


def test_reading_settles_a_change(prepared: Prepared) -> None:
    edit(prepared)
    assert watch(prepared.study, {}) != []
    prepared.read()
    assert watch(prepared.study, {}) == changes(prepared.study, {}) == [] and not prepared.is_news


def test_a_change_while_a_run_waits_is_what_was_read(prepared: Prepared) -> None:
    """Snakemake looked at the files before the job did: the job says what it found."""
    edit(prepared)
    prepared.read()
    assert watch(prepared.study, {}) == [] and not prepared.is_news


def test_a_change_that_is_taken_back_is_none(prepared: Prepared) -> None:
    image = an_image(prepared)
    content = image.read_bytes()
    edit(prepared)
    assert watch(prepared.study, {}) != []
    image.write_bytes(content)
    assert watch(prepared.study, {}) == changes(prepared.study, {}) == [] and not prepared.is_news


@pytest.mark.slow
@over_changes
@pytest.mark.parametrize("is_seen", [True, False], ids=["after a dry run", "at once"])
def test_what_is_accepted_is_no_news_and_the_next_change_is(
    prepared: Prepared, change: Callable[[Prepared], None], is_seen: bool
) -> None:
    change(prepared)
    if is_seen:
        watch(prepared.study, {})
    assert accept(prepared.study, {}) == [f"the images below {prepared.root}"]
    assert accept(prepared.study, {}) == watch(prepared.study, {}) == changes(prepared.study, {}) == []
    assert not prepared.is_news
    edit(prepared)
    assert len(watch(prepared.study, {})) == 1 and prepared.is_news


def test_what_was_accepted_and_then_taken_back_is_none(prepared: Prepared) -> None:
    image = an_image(prepared)
    content = image.read_bytes()
    edit(prepared)
    accept(prepared.study, {})
    image.write_bytes(content)
    assert watch(prepared.study, {}) == [] and not prepared.is_news


@pytest.mark.parametrize("lost", ["", "train", "test"])
def test_a_folder_that_cannot_be_listed_costs_nothing(prepared: Prepared, lost: str) -> None:
    """A disk that is not mounted: results are kept, and it is said that nobody knows."""
    (prepared.root / lost).rename(prepared.root.parent / "gone")
    told = watch(prepared.study, {})
    assert len(told) == 1 and "is not known" in told[0] and "results are kept" in told[0]
    assert not prepared.is_news


def test_what_is_forgotten_is_read_again(prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    forget(prepared.study, {})
    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="read again"):
        patch.setattr("lethe.store.fingerprints._sha256", _refuse)
        watch(prepared.study, {})
    assert watch(prepared.study, {}) == [] and not prepared.is_news


def _refuse(path: bytes) -> bytes:
    raise RuntimeError(f"{path!r} is read again")


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["dataset.json", "dataset.read.parquet", ""], ids=["state", "index", "both"])
def test_what_was_read_is_known_from_the_record_when_the_rest_is_lost(prepared: Prepared, lost: str) -> None:
    for file in prepared.state.parent.iterdir():
        if file.name.startswith(lost):
            file.unlink()
    assert watch(prepared.study, {}) == [] and not prepared.is_news
    edit(prepared)
    assert len(watch(prepared.study, {})) == 1 and prepared.is_news


@pytest.mark.parametrize("name", WITH_FILES)
def test_every_file_of_a_data_set_counts(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = publish(name, tmp_path / "source", monkeypatch)
    assert set(published.files) <= set(dataset_files(name, published.options, published.root))


@pytest.mark.parametrize("prepared", ["fashion_mnist", "kmnist", "mnist"], indirect=True)
def test_own_idx_files_that_change_are_told(prepared: Prepared) -> None:
    file = next(file for file in sorted(prepared.root.iterdir()) if "labels" in file.name)
    file.with_name(file.name.removesuffix(".gz")).write_bytes(idx_bytes(np.zeros(12, np.uint8)))
    if file.suffix == ".gz":
        file.unlink()
    assert len(watch(prepared.study, {})) == 1 and prepared.is_news


def test_weights_are_looked_at_like_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    weights = tmp_path / "w.safetensors"
    weights.write_bytes(b"weights")
    study, named = study_of("image_folder", Fixture({"size": 8}, tmp_path)), {"model": [weights]}
    assert watch(study, named) == []
    network = Path("results/own/checkpoints/supervised/dense/0/seeds0-1.safetensors")
    network.parent.mkdir(parents=True)
    network.touch()
    weights.touch()
    assert watch(study, named) == changes(study, named) == []
    weights.write_bytes(b"others")
    told = watch(study, named)
    state = Path(".lethe/inputs/own/model.json")
    assert len(told) == 1 and "w.safetensors (model) differ" in told[0]
    assert state.stat().st_mtime >= network.stat().st_mtime
    assert watch(study, named) == changes(study, named) == told
    assert accept(study, named) == [f"{weights} (model)"]
    assert watch(study, named) == changes(study, named) == [] and state.stat().st_mtime == OLD
