"""Time and memory of the analysis of a large study: 30 seeds x 4 regimes x 6 methods x 8 levels x 10,000 images.

    python tests/simulations/large_analysis.py FOLDER

The evaluations are made up: every image has a margin of its own, networks differ from it by noise, and a method takes
from it what the level and the image's weakness for that method say. They are written to FOLDER where it has none yet.
Then two processes take every measure of why images are lost; the time of each, of all together, and the largest memory
of a process are printed. PIE sets and their statistics are not counted.
"""

import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import product
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from lethe.core.blocks import seeds_of
from lethe.core.levels import DENSE
from lethe.core.splits import NO, YES
from lethe.measures.given import Given
from lethe.measures.job import measure
from lethe.store.arrays import write_arrays
from lethe.store.schema import ATTRIBUTES, TESTS
from lethe.store.tables import write_table
from lethe.study import paths
from lethe.study.config import Study
from lethe.study.difficulties import of_networks
from lethe.study.grid import Grid
from lethe.study.needs import needed_files, own_files
from lethe.study.results import result

IMAGES, CLASSES, EPOCHS = 10_000, 10, 10
LEVELS = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99]
METHODS = ("magnitude_global", "magnitude_layerwise", "random", "fold", "fold_random", "channel_l1")
# What is one job comes first, so that the other process takes the many small ones meanwhile.
FIRST = ("difficulty", "reliability")  # others read them
MEASURES = ("difficulty", "reliability", "explanation", "overlap", "planted", "groups", "sensitivity")
PLANTS = {"uniform_noise": {"share": 0.1}, "subgroup": {"label": 1, "share": 0.3}}
GRID = Grid(
    Study.model_validate(
        {
            "study": "large",
            "dataset": {"name": "toy", "planted": PLANTS},
            "model": {"name": "resnet", "options": {"blocks": [1, 1], "width": 8}},
            "seeds": {"count": 30, "block": 10},
            "regimes": {name: {} for name in ("supervised", "supcon", "simclr", "fixmatch")},
            "compression": {name: {"levels": LEVELS} for name in METHODS},
            "evaluation": {"splits": ["test"]},
            "measures": dict.fromkeys(("difficulty", "reliability", "explanation", "overlap", "sensitivity"), True),
        }
    )
)

_draw = np.random.default_rng(0)
LABELS = _draw.integers(0, CLASSES, IMAGES)
MARGINS = {regime: _draw.gamma(2, 1.5, IMAGES) - 0.3 for regime in GRID.study.regimes}
WEAKNESS = {method: _draw.gamma(2, 0.5, IMAGES) for method in METHODS}
IDS = np.arange(IMAGES)

Words = dict[str, str]


def files(name: str) -> Iterator[tuple[str, Words]]:
    """Every file of a result, with the words that its path is filled with, its cell taken apart."""
    own = own_files(result(name), GRID)
    for values in product(*own.fill.values()):
        words = dict(zip(own.fill, values, strict=True))
        path = own.pattern.format(**words)
        if "cell" in words:
            words |= dict(zip(("regime", "method", "level"), words.pop("cell").split("/"), strict=True))
        yield path, words


def write(folder: Path) -> None:
    """What the measures read."""
    for path, words in files("predictions"):
        _write(folder / path, predictions(words), "predictions", words)
    for path, words in files("tests"):
        frame = pd.DataFrame({field.name: np.ones(1, field.type.to_pandas_dtype()) for field in TESTS})
        write_table(folder / path, frame, TESTS, record(words) | {"reference": DENSE})
    for path, words in files("inspection"):
        _write(folder / path, inspection(words), "inspection", words)
    for regime, block in product(GRID.study.regimes, GRID.blocks):
        arrays = trajectories(regime, block)
        write_arrays(folder / GRID.named(paths.TRAJECTORIES).format(regime=regime, block=block), arrays, {})
    parts = [(name, np.where(_draw.random(IMAGES) < 0.1, YES, NO)) for name in PLANTS]
    frame = pd.concat([pd.DataFrame({"attribute": n, "example_id": IDS, "value": v}) for n, v in parts])
    path = folder / GRID.named(paths.ATTRIBUTES).format(split="test")
    frame = frame[ATTRIBUTES.names].astype({"attribute": "category", "value": "category"})
    write_table(path, frame, ATTRIBUTES, {"planted": PLANTS})


def _write(path: Path, frame: pd.DataFrame, name: str, words: Words) -> None:
    lengths = {"logits": CLASSES} if "logits" in frame else {}
    write_table(path, frame, result(name).schema(**lengths), record(words))


def record(words: Words) -> dict[str, object]:
    """What a file says of the networks that it is of."""
    method = words.get("method", DENSE)
    cell = {"regime": words["regime"], "method": method, "level": words.get("level", "0"), "split": "test"}
    role = DENSE if method == DENSE else "control" if "random" in method else "method"
    kind = "none" if method == DENSE else "sparsity"
    traits = {"role": role, "level_kind": kind, "plugin": method, "treatment": "raw", "pairing": "paired"}
    traits |= {"control": "", "acts_on": "weights"}
    return {"cell": cell, "traits": traits, "classes": CLASSES, "regime_plugin": words["regime"], "stop_after": None}


def predictions(words: Words) -> pd.DataFrame:
    """Of every seed of a block for every image: the margin, and what follows from it."""
    seeds = seeds_of(words["block"])
    margins = MARGINS[words["regime"]] + _draw.normal(0, 0.7, (len(seeds), IMAGES))
    if words["method"] != DENSE:
        margins = margins - WEAKNESS[words["method"]] * float(words["level"]) ** 4
    margins = margins.astype(np.float32)
    wrong = (LABELS + 1 + _draw.integers(0, CLASSES - 1, margins.shape)) % CLASSES
    columns = {
        "seed": np.repeat(seeds, IMAGES),
        "example_id": np.tile(IDS, len(seeds)),
        "label": np.tile(LABELS, len(seeds)),
        "prediction": np.where(margins > 0, LABELS, wrong).ravel(),
        "confidence": (1 / (1 + np.exp(-np.abs(margins)))).ravel(),
        "margin": margins.ravel(),
        "loss": np.log1p(np.exp(-margins)).ravel(),
    }
    frame = pd.DataFrame(columns)
    if words["method"] == DENSE:
        logits = _draw.normal(0, 1, (len(frame), CLASSES)).astype(np.float32)
        rows = np.arange(len(frame))
        logits[rows, frame["label"]] += frame["margin"]
        frame["logits"] = list(logits)
    return frame


def inspection(words: Words) -> pd.DataFrame:
    """What looking into the networks would say: noise around the margin."""
    seeds = seeds_of(words["block"])
    parts = []
    for kind, seed in product(of_networks(default=True), seeds):
        difficulty = -MARGINS[words["regime"]] + _draw.normal(0, 1, IMAGES)
        parts.append(pd.DataFrame({"kind": kind, "seed": seed, "example_id": IDS, "difficulty": difficulty}))
    return pd.concat(parts).astype({"kind": "category"})


def trajectories(regime: str, block: str) -> dict[str, np.ndarray]:
    """The course of training of every seed of a block."""
    from lethe.training.trajectory import WATCHED  # loads torch, which the measures do without

    seeds = np.array(seeds_of(block))
    shape = (len(seeds), EPOCHS, IMAGES)
    margins = MARGINS[regime] * np.linspace(0.2, 1, EPOCHS)[:, None] + _draw.normal(0, 1, shape)
    found = {"correct": margins > 0, "margin": margins, "probability": 1 / (1 + np.exp(-margins))}
    found |= {"error": 1 - found["probability"], "gradient": 3 * (1 - found["probability"])}
    arrays = {"seeds": seeds, "epochs": np.arange(1, EPOCHS + 1)}
    for split in ("train", "test"):
        arrays[f"{split}/example_id"] = IDS
        arrays |= {f"{split}/{name}": found[name].astype(bool if name == "correct" else np.float32) for name in WATCHED}
    return arrays


def take(folder: Path, name: str, path: str, words: Words) -> tuple[str, float, int, bool]:
    """One job; its measure, seconds, the process's largest memory in MiB so far, and whether torch is loaded."""
    start = time.perf_counter()
    needs = {need: [folder / file for file in own.paths] for need, own in needed_files(name, GRID, words).items()}
    measure(name, "{}", Given(needs, split=words.get("split", "")), folder / path, "")
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return name, time.perf_counter() - start, used, "torch" in sys.modules


def main(folder: Path) -> None:
    """Write what is missing, take every measure, print."""
    if not (folder / "written").exists():
        write(folder)
        (folder / "written").touch()
    jobs = [(name, path, words) for name in MEASURES for path, words in files(name)]
    start, seconds, memory, loaded = time.perf_counter(), dict.fromkeys(MEASURES, 0.0), 0, False
    steps = [[job for job in jobs if (job[0] in FIRST) == is_first] for is_first in (True, False)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for step in steps:
            for done in as_completed([pool.submit(take, folder, *job) for job in step]):
                name, took, used, has_torch = done.result()
                seconds[name] += took
                memory, loaded = max(memory, used), loaded or has_torch
    for name in MEASURES:
        print(f"{name:12} {sum(job[0] == name for job in jobs):4} jobs {seconds[name]:7.1f} s")
    print(f"together {time.perf_counter() - start:.0f} s on two processes, at most {memory} MiB in one of them")
    print(f"torch was {'' if loaded else 'not '}loaded")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
