"""A small study whose files are made when a measure asks for them: toy images, networks of a few channels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from find_pies import OUTPUTS
from find_pies import main as find_pies
from lethe.core import registry, splits
from lethe.core.blocks import seeds_of
from lethe.core.levels import DENSE
from lethe.data.corrupt import corrupt_split
from lethe.data.labelled import labelled_frame
from lethe.data.prepare import SplitFiles, write_split
from lethe.data.spec import in_memory
from lethe.data.store import Stored, open_split
from lethe.data.twins import Twin
from lethe.measures.given import Given
from lethe.measures.job import measure
from lethe.networks.checkpoint import DENSE_TRAITS, Traits, write_block
from lethe.store.arrays import read_arrays, write_arrays
from lethe.store.schema import LABELLED
from lethe.store.tables import read_table, write_table
from lethe.study import paths
from lethe.study.config import read_study
from lethe.study.grid import Cell, Grid
from lethe.study.needs import needed_files, own_files
from lethe.study.results import STAGES, Result, known_results, result
from support.small import RESNET, small_model, toy_data

STUDY = """
study: trial
dataset: {name: toy, options: {train: 24, test: 12}}
model: {name: resnet, options: {blocks: [1, 1], width: 4}}
seeds: {count: 4, block: 2}
labels: {per_class: 2}
regimes: {supervised: {epochs: 2}, fixmatch: {epochs: 2}}
compression:
  random: {levels: [0.5]}
evaluation: {splits: [test, test@fog-3]}
generalisation: {label_noise: [0.5], train_sizes: [12], blocks: 1}
device: cpu
"""


def traits(method: str) -> dict[str, str]:
    """What a checkpoint says of its method."""
    if method == DENSE:
        return DENSE_TRAITS.as_json()
    return Traits(method, "sparsity", "paired", "raw", "weights", "random control", "").as_json()


def checkpoint_record(cell: Cell, seeds: Sequence[int], **changes: Any) -> dict[str, Any]:
    """What a checkpoint of a cell says beside its networks, as far as measures read it."""
    return {
        "architecture": RESNET.as_json(),
        "regime": cell.regime,
        "regime_plugin": cell.regime,
        "regime_options": {"stop_after": None},
        "method": cell.method,
        "level": cell.level,
        "traits": traits(cell.method),
        "seeds": list(seeds),
        "study_seed": 0,
        "data_checksum": "0" * 64,
        "labelled": None,
        "twin": Twin().as_json(),
        "code_version": "networks",
        **changes,
    }


def read_result(path: Path, kind: Result) -> pd.DataFrame | dict[str, np.ndarray]:
    """What a file of a result holds, its optional columns too."""
    if kind.writes == "arrays":
        return read_arrays(path)
    whole = pd.read_parquet(path)
    lengths = {name: len(whole[name].iloc[0]) for name, _, _ in kind.optional if name in whole and len(whole)}
    assert whole.columns.tolist() == kind.schema(**lengths).names
    return read_table(path, kind.schema(**lengths))


class SmallStudy:
    """The files of a study below a folder, in the places that the rules give them.

    Networks were never trained: dense ones are those of their seed, compressed ones have every second weight zero.
    """

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.folder = folder
        self.grid = Grid(read_study({**yaml.safe_load(STUDY), **changes}, where="trial.yaml"))

    def about(self, kind: Result) -> list[dict[str, str]]:
        """What some files of a result are of: of every cell, in the first block, on clean and on corrupted images."""
        first = self.grid.blocks[:1]
        taken = self.grid.splits if kind.splits == "all" else self.grid.ordinary_splits
        wanted = [
            {"regime": cell.regime, "method": cell.method, "level": cell.level, "split": split, "block": block}
            for cell in self.grid.cells
            if kind.cells == "all" or cell.is_dense == (kind.cells == "dense")
            for split in taken
            for block in first
        ]
        named = [{name: word for name, word in about.items() if f"{{{name}}}" in kind.path} for about in wanted]
        return [about for number, about in enumerate(named) if about not in named[:number]]

    def given(self, name: str, about: Mapping[str, str]) -> Given:
        """What one job of a measure is given; whatever is not there is made."""
        needed = needed_files(name, self.grid, about)
        files = {need: [self._made(path) for path in found.paths] for need, found in needed.items()}
        model = self.grid.model() if "model" in registry.literal(registry.MEASURES, name, "needs") else ""
        split, block = about.get("split", ""), about.get("block", "")
        return Given(files, study_seed=0, split=split, block=block, model=model, device="cpu")

    def take(self, name: str, about: Mapping[str, str], output: Path | None = None, options: str = "{}") -> Path:
        """The file of one job of a measure, in its place unless an output is named."""
        place = f"{self.grid.named(paths.STUDY)}/{result(name).path}".format(**about)
        output = self.folder / place if output is None else output
        measure(name, options, self.given(name, about), output, "measure")
        return output

    def taken(self, name: str, about: Mapping[str, str]) -> Path:
        """The same file, as it is if it is there."""
        place = self.folder / f"{self.grid.named(paths.STUDY)}/{result(name).path}".format(**about)
        return place if place.exists() else self.take(name, about)

    def rearrange(self, split: str, rows: Sequence[int] | np.ndarray) -> None:
        """Store some images of a split, in this order; what was made from it is forgotten."""
        stored = self._stored(split)
        self._forget()
        names, record = stored.class_names, {key: stored.record[key] for key in ("class_names", "views")}
        kept = in_memory(stored.images[rows].copy(), stored.labels[rows], stored.example_ids[rows], names)
        write_split(kept, self._split_files(split), record)

    def _forget(self) -> None:
        """Remove all but images and networks."""
        kept = [self.grid.named(f"{paths.STUDY}/{part}") for part in ("data", "checkpoints", "generalisation")]
        for file in self.folder.rglob("*.*"):
            if file.is_file() and not any(file.is_relative_to(self.folder / part) for part in kept):
                file.unlink()

    def _split_files(self, split: str) -> SplitFiles:
        images, examples = (
            self.folder / self.grid.named(paths.IMAGES_AND_EXAMPLES).format(split=split, ending=ending)
            for ending in (".npy", ".parquet")
        )
        return SplitFiles(images, examples)

    def _stored(self, split: str) -> Stored:
        """A split, made unless it is there."""
        files = self._split_files(split)
        if not files.images.exists():
            toy_data(files.images.parent, **self.grid.study.dataset.options)
            if splits.is_corrupted(split):
                corrupt_split(self._split_files("test"), files, splits.parse_corrupted(split), study_seed=0)
        return open_split(files.images, files.examples)

    def _made(self, place: str) -> Path:
        """A file of the study by its path, made unless it is there."""
        path, parts = self.folder / place, place.split("/")[2:]
        if path.exists():
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        match parts:
            case ["data", name]:
                self._stored(name.removesuffix(Path(name).suffix))
            case ["checkpoints", regime, method, level, block]:
                self._write_networks(path, Cell(regime, method, level), block)
            case ["generalisation", regime, twin, block]:
                change = {"noise0.5": Twin(label_noise=0.5), "size12": Twin(train_size=12)}[twin]
                self._write_networks(path, Cell.dense(regime), block, change)
            case ["labelled", block]:
                write_table(path, self._labelled(_seeds(block)), LABELLED, {"seeds": list(_seeds(block))})
            case ["pies", regime, method, level, _]:
                self._find_pies(Cell(regime, method, level))
            case ["trajectories", regime, block]:
                self._write_trajectories(path, Cell.dense(regime), block)
            case ["curves", regime, block]:
                self._write_curves(path, Cell.dense(regime), block)
            case _:
                self._take_as(place)
        assert path.exists(), place
        return path

    def _write_networks(self, path: Path, cell: Cell, block: str, twin: Twin | None = None) -> None:
        """Networks of a cell, or of a twin, whose heads are those of another seed."""
        models = [small_model(seed if twin is None else 100 + seed) for seed in _seeds(block)]
        if not cell.is_dense:
            for weight in (weight for model in models for weight in model.parameters() if weight.dim() > 1):
                weight.detach().view(-1)[::2] = 0
        changes = {"labelled": "drawn" if self.grid.needs_labelled(cell.regime) else None}
        if twin is not None:
            changes["twin"] = twin.as_json()
        write_block(path, [model.state_dict() for model in models], checkpoint_record(cell, _seeds(block), **changes))

    def _labelled(self, seeds: Sequence[int]) -> pd.DataFrame:
        train = self._stored("train")
        return labelled_frame(train.labels, train.example_ids, tuple(seeds), study_seed=0, per_class=2, share=None)

    def _find_pies(self, cell: Cell) -> None:
        for split in self.grid.splits:
            outputs = [
                self.folder / self.grid.named(f"{paths.STUDY}/{STAGES[name].path}").format(**vars(cell), split=split)
                for name in OUTPUTS
            ]
            wanted = (Cell.dense(cell.regime), cell, self.grid.reference(cell))
            dense, compressed, reference = (
                [self._made(path) for path in _evaluations(self.grid, each, split)] for each in wanted
            )
            find_pies(tuple(outputs), dense=dense, compressed=compressed, reference=reference, code_version="pies")

    def _write_curves(self, path: Path, cell: Cell, block: str) -> None:
        rows = [
            {"seed": seed, "epoch": epoch, "split": split, "accuracy": 0.5, "soft_error": 0.5, "feature_spread": 0.5}
            for seed in _seeds(block)
            for epoch in (1, 2)
            for split in ("train", "test")
        ]
        record = {"result": "curves", "cell": {"regime": cell.regime}, "regime_plugin": cell.regime}
        write_table(path, pd.DataFrame(rows), STAGES["curves"].base, {**record, "seeds": list(_seeds(block))})

    def _write_trajectories(self, path: Path, cell: Cell, block: str) -> None:
        seeds = np.array(_seeds(block))
        arrays = {"seeds": seeds, "epochs": np.array([1, 2])}
        for split in ("train", "test"):
            ids = np.sort(self._stored(split).example_ids)
            draws = np.stack([np.random.default_rng([int(seed), 9]).random((4, 2, len(ids))) for seed in seeds])
            values = dict(zip(("margin", "probability", "error", "gradient"), draws.swapaxes(0, 1), strict=True))
            arrays |= {f"{split}/example_id": ids, f"{split}/correct": values["margin"] > 0.4}
            arrays |= {f"{split}/{name}": value.astype(np.float32) for name, value in values.items()}
        write_arrays(path, arrays, checkpoint_record(cell, _seeds(block)))

    def _take_as(self, place: str) -> None:
        """Take the measure that has a file in this place."""
        for name in registry.names(registry.MEASURES):
            kind = result(name)
            for about in self._everything(kind):
                if f"{self.grid.named(paths.STUDY)}/{kind.path}".format(**about) == place:
                    self.take(name, about)
                    return
        raise AssertionError(f"{place} is of none of {known_results()}")

    def _everything(self, kind: Result) -> list[dict[str, str]]:
        """What all files of a result are of."""
        fill = own_files(kind, self.grid).fill
        return [_about(dict(zip(fill, words, strict=True))) for words in product(*fill.values())]


def _about(words: dict[str, str]) -> dict[str, str]:
    """Words that fill a result's path, its cell taken apart."""
    cell = words.pop("cell", "")
    return dict(zip(("regime", "method", "level"), cell.split("/"), strict=True)) | words if cell else words


def _seeds(block: str) -> tuple[int, ...]:
    """Seeds of a block's file."""
    return seeds_of(block.split(".", maxsplit=1)[0].removeprefix("seeds"))


def _evaluations(grid: Grid, cell: Cell, split: str) -> list[str]:
    files = own_files(result("predictions"), grid, [split])
    return replace(files, fill={**files.fill, "cell": [str(cell)]}).paths
