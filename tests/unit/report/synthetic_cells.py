"""A small made-up study whose per-cell tables obey the identities of the real ones: votes are drawn, then counted."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lethe.compare.cells import in_order
from lethe.compare.frames import REGIME_TRAITS, TRAITS
from lethe.core import registry
from lethe.core.levels import DENSE, DENSE_LEVEL
from lethe.core.splits import is_corrupted
from lethe.store.schema import QUANTITIES
from lethe.store.tables import write_table
from lethe.study.results import STAGES, Result, result
from support.stated import stated_rows
from unit.report.synthetic_training import curves, generalisation

LEVELS = {
    "magnitude_global": ("0.50", "0.70", "0.80", "0.90", "0.95"),
    "magnitude_layerwise": ("0.50", "0.70", "0.80", "0.90", "0.95"),
    "random": ("0.10", "0.20", "0.30", "0.40", "0.50"),
}
# Methods that a study calls otherwise than their plug-in, with it and with their treatment; others are recalibrated.
NAMED = {"bits": ("quantize", "raw"), "fold_raw": ("fold", "raw"), "l1_raw": ("channel_l1", "raw")} | {
    name: (name, "trained") for name in ("gmp", "small_dense")
}
KINDS = (*STAGES, *registry.names(registry.MEASURES))
DENSE_PARAMETERS = 2_797_610
DAMAGE = (0.0, 0.4, 1.2, 3.0, 9.0)
PROBES = {"linear": 0.0, "knn": 0.02}  # points below the linear probe
PAIRINGS = {"post_hoc": "paired", "paired": "paired", "in_training": "independent", "independent": "independent"}
RANDOM_CONTROLS = {"weights": "random", "channels": "channel_random", "clusters": "fold_random"}
ROLES = dict.fromkeys(RANDOM_CONTROLS.values(), "random control") | {"small_dense": "capacity control"}
EARLY = "_at"  # `supervised_at5` is `supervised` stopped after 5 epochs


@dataclass(frozen=True)
class Made:
    """A study to make up: which cells, how many of what."""

    regimes: tuple[str, ...] = ("supervised",)
    levels: tuple[tuple[str, tuple[str, ...]], ...] = tuple(LEVELS.items())
    splits: tuple[str, ...] = ("test",)
    seeds: int = 10
    examples: int = 300
    classes: int = 10


def frames(made: Made = Made()) -> dict[str, pd.DataFrame]:
    """The gathered per-cell frames of a made-up study."""
    parts: dict[str, list[pd.DataFrame]] = {kind: [] for kind in KINDS}
    parts["pixels"] = [_probes("", "pixels", [-1])]
    parts["untrained"] = [_probes("", "untrained", range(made.seeds))]
    for regime in made.regimes:
        parts["probes"].append(_probes(regime, "encoder", range(made.seeds)))
        parts["curves"].append(curves(regime, made.seeds))
        has_corrupted, memory = any(map(is_corrupted, made.splits)), 5 / len(regime) ** 2
        parts["generalisation"].append(generalisation(regime, made.seeds, memory=memory, corrupted=has_corrupted))
        parts["cost"].append(_cost(made, regime, "dense", "0"))
        for method, levels in made.levels:
            parts["cost"].extend(_cost(made, regime, method, level) for level in levels)
            parts["latency"].extend(_latency(regime, method, level) for level in levels)
    for regime, (method, levels), split in itertools.product(made.regimes, made.levels, made.splits):
        for level, damage in zip(levels, DAMAGE, strict=False):
            cell = {"regime": regime, "method": method, "level": level, "split": split}
            for kind, frame in _cell(made, regime, method, damage).items():
                parts[kind].append(pd.DataFrame({**cell, **frame}))
    for kind in registry.names(registry.MEASURES):
        if not parts[kind]:  # made up from what its file states alone
            parts[kind] = [stated_rows(kind, regimes=made.regimes, levels=made.levels, splits=made.splits)]
    return {kind: _gathered(pd.concat(rows, ignore_index=True), result(kind)) for kind, rows in parts.items() if rows}


def _gathered(rows: pd.DataFrame, kind: Result) -> pd.DataFrame:
    """As `compare.frames` gathers them: in order, with the traits of the method and the regime."""
    if "regime" not in kind.names:
        return rows.drop(columns="regime")
    if "method" in kind.names and "method" not in rows:  # measured of dense networks alone
        rows = rows.assign(method=DENSE, level=DENSE_LEVEL)
    if "method" in kind.names:
        rows = rows.assign(**{name: [traits(method)[name] for method in rows["method"]] for name in TRAITS})
    rows = in_order(rows)
    return rows.assign(
        regime_plugin=[regime.split(EARLY, maxsplit=1)[0] for regime in rows["regime"]],
        stop_after=[regime.partition(EARLY)[2] for regime in rows["regime"]],
    )


def write_cells(folder: Path, made: Made) -> dict[str, list[Path]]:
    """The same results as files; those of blocks of seeds in two files."""
    paths: dict[str, list[Path]] = {kind: [] for kind in KINDS}
    for name, frame in frames(made).items():
        kind = result(name)
        is_second = frame["seed"] >= made.seeds // 2 if "{block}" in kind.path else np.zeros(len(frame))
        for (number, *cell), rows in frame.groupby([is_second, *kind.names], sort=False):
            path = folder / name / ("-".join([*cell, str(int(number))]) + ".parquet")
            record = {"result": name, "cell": dict(zip(kind.names, cell, strict=True))}
            record |= {trait: rows[trait].iloc[0] for trait in REGIME_TRAITS if trait in rows}
            record |= {"traits": traits(rows["method"].iloc[0])} if "method" in kind.names else {}
            write_table(path, rows.reset_index(drop=True), kind.base, record)
            paths[name].append(path)
    return paths


def traits(method: str) -> dict[str, str]:
    """What the record of a method's networks says of it."""
    if method == "dense":
        return dict.fromkeys(TRAITS, "") | {
            "plugin": "dense",
            "level_kind": "none",
            "treatment": "raw",
            "role": "dense",
        }
    plugin, treatment = NAMED.get(method, (method, "recalibrated"))
    stated = {
        name: str(registry.literal(registry.METHODS, plugin, name, default=default))
        for name, default in _unstated(plugin).items()
    }
    return {"plugin": plugin, "treatment": treatment, **stated, "pairing": PAIRINGS[stated["pairing"]]}


def _unstated(plugin: str) -> dict[str, str]:
    """Traits of a method whose SPEC does not state them, from its name and the kind of its levels."""
    kind, pairing = (str(registry.literal(registry.METHODS, plugin, name)) for name in ("level_kind", "pairing"))
    by_kind = {"sparsity": "weights", "bits": "bits", "channel_sparsity": "clusters"}[kind]
    acts_on = "channels" if plugin.startswith("channel_") or plugin == "small_dense" else by_kind
    role = ROLES.get(plugin, "method")
    has_control = role == "method" and PAIRINGS[pairing] == "paired"
    control = RANDOM_CONTROLS.get(acts_on, "") if has_control else ""
    return {"level_kind": kind, "pairing": pairing, "acts_on": acts_on, "role": role, "control": control}


def _cost(made: Made, regime: str, method: str, level: str) -> pd.DataFrame:
    """Channels are gone, weights are zero, bits are only imitated."""
    known = traits(method)
    kept = 1 - float(level) if known["level_kind"] != "bits" else 1.0
    is_smaller = known["level_kind"] == "channel_sparsity"
    stored = int(DENSE_PARAMETERS * (kept**2 if is_smaller else 1))
    nonzero = stored if is_smaller else int(stored * kept)
    packed = stored * (int(level) if known["level_kind"] == "bits" else 32) // 8
    columns = {
        "regime": regime,
        "method": method,
        "level": level,
        "seed": range(made.seeds),
        "simulated": known["level_kind"] == "bits",
        "parameters": stored,
        "nonzero_parameters": nonzero,
        "macs": 200 * stored,
        "bytes": 4 * stored,
        "deflated_bytes": 4 * nonzero,
        "packed_bytes": packed,
    }
    return pd.DataFrame(columns)


def _probes(regime: str, on: str, seeds: Iterable[int]) -> pd.DataFrame:
    """Encoders above pixels, pixels above untrained encoders, the linear probe above the nearest neighbours."""
    level = {"encoder": 0.97 + 0.001 * len(regime), "pixels": 0.96, "untrained": 0.8}[on]
    rows = [(probe, seed, level - 0.003 * (seed % 3) - below) for probe, below in PROBES.items() for seed in seeds]
    table = pd.DataFrame(rows, columns=["probe", "seed", "accuracy"])
    penalty = table["probe"].map({"linear": 0.01, "knn": np.nan})
    return table.assign(regime=regime, on=on, train_accuracy=table["accuracy"] + 0.005, penalty=penalty)


def _latency(regime: str, method: str, level: str) -> pd.DataFrame:
    kind = traits(method)["level_kind"]
    faster = {"sparsity": 1.0, "bits": 0.6}.get(kind, (1 - float(level)) ** -1.5)
    batch = np.array([1, 256])
    dense = 0.9 * batch**0.8
    columns = {
        "regime": regime,
        "method": method,
        "level": level,
        "device": "cpu",
        "batch": batch,
        "threads": 1,
        "rounds": 30,
        "dense_milliseconds": dense,
        "milliseconds": dense / faster,
        "milliseconds_low": 0.97 * dense / faster,
        "milliseconds_high": 1.04 * dense / faster,
        "speedup": faster,
        "speedup_low": faster / 1.04,
        "speedup_high": faster / 0.97,
    }
    return pd.DataFrame(columns)


def _cell(made: Made, regime: str, method: str, damage: float) -> dict[str, dict[str, object]]:
    generator = np.random.default_rng(len(regime))
    labels = np.arange(made.examples) % made.classes
    ease = 1.2 + 3 * generator.random(made.examples) ** 0.5 * 2 - 0.6 * (EARLY in regime)
    shared = generator.normal(size=(made.examples, made.classes))
    logits = shared + 0.7 * generator.normal(size=(made.seeds, *shared.shape))
    logits[:, np.arange(made.examples), labels] += ease
    damage *= 0.7 + len(method) / 40
    harm = shared[::-1] + np.random.default_rng(len(method)).normal(size=logits.shape)
    hurt = logits + harm * damage
    hurt[:, np.arange(made.examples), labels] -= damage * (0.3 + 0.25 * (labels == 1))
    dense, compressed = logits.argmax(2), hurt.argmax(2)
    pies = _pies(labels, dense, compressed, made.classes)
    pies["margin_shift"] = (_margin(hurt, labels) - _margin(logits, labels)).mean(0)
    shares = _shares(labels, dense, compressed, pies, made.classes)
    return {
        "pies": pies,
        "shares": shares,
        "classes": _classes(labels, dense, compressed, made.classes),
        "by_size": _by_size(dense, compressed, made.classes),
        "seeds": {
            "seed": np.arange(made.seeds),
            "dense_accuracy": (dense == labels).mean(1),
            "compressed_accuracy": (compressed == labels).mean(1),
            "flip_rate": (dense != compressed).mean(1),
            **_without(dense, compressed, shares, made.classes),
        },
    }


def _without(
    dense: np.ndarray, compressed: np.ndarray, shares: dict[str, object], classes: int
) -> dict[str, np.ndarray]:
    """PIE share less each seed; the excess moves with it, which is nearly what it does and takes no time."""
    whole = dict(zip(shares["quantity"], shares["estimate"], strict=True))
    rest = [[_modal(np.delete(p, k, 0), classes) for p in (dense, compressed)] for k in range(len(dense))]
    pie_share = np.array([(one != other).mean() for one, other in rest])
    return {
        "pie_share_without": pie_share,
        "excess_share_without": whole["excess_share"] + pie_share - whole["pie_share"],
    }


def _votes(predictions: np.ndarray, classes: int) -> np.ndarray:
    return (predictions[:, :, None] == np.arange(classes)).sum(0)


def _modal(predictions: np.ndarray, classes: int) -> np.ndarray:
    return _votes(predictions, classes).argmax(1)


def _margin(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    others = logits.copy()
    others[:, np.arange(len(labels)), labels] = -np.inf
    return logits[:, np.arange(len(labels)), labels] - others.max(2)


def _pies(labels: np.ndarray, dense: np.ndarray, compressed: np.ndarray, classes: int) -> dict[str, object]:
    before, after = _votes(dense, classes), _votes(compressed, classes)
    a, b = before.argmax(1), after.argmax(1)
    kind = np.select([a == b, a == labels, b == labels], ["none", "lost", "gained"], "swapped")
    return {
        "example_id": np.arange(len(labels)) + 1000,
        "label": labels,
        "dense_label": a,
        "compressed_label": b,
        "dense_agreement": before.max(1) / len(dense),
        "compressed_agreement": after.max(1) / len(dense),
        "is_pie": a != b,
        "kind": pd.Categorical(kind),
        "flip_rate": (dense != compressed).mean(0),
        "taxicab": np.abs(before - after).sum(1),
        "margin_shift": np.zeros(len(labels)),
        "dense_tied": (before == before.max(1, keepdims=True)).sum(1) > 1,
        "compressed_tied": (after == after.max(1, keepdims=True)).sum(1) > 1,
    }


def _noise(dense: np.ndarray, compressed: np.ndarray, half: int, classes: int) -> tuple[float, float]:
    """Null and cross share between disjoint halves, mean over a few splits of the seeds."""
    found = []
    for start in range(0, len(dense), 3):
        order = np.roll(np.arange(len(dense)), start)
        a, b = order[:half], order[half : 2 * half]
        modal = _modal(dense[a], classes)
        found.append([(modal != _modal(other[b], classes)).mean() for other in (dense, compressed)])
    null, cross = np.mean(found, axis=0)
    return float(null), float(cross)


def _shares(
    labels: np.ndarray, dense: np.ndarray, compressed: np.ndarray, pies: dict[str, object], classes: int
) -> dict[str, object]:
    is_pie, kind = np.asarray(pies["is_pie"]), np.asarray(pies["kind"])
    tied = np.asarray(pies["dense_tied"]) | np.asarray(pies["compressed_tied"])
    null, cross = _noise(dense, compressed, len(dense) // 2, classes)
    right, kept = dense == labels, compressed == labels
    values = {
        "dense_accuracy": right.mean(),
        "compressed_accuracy": kept.mean(),
        "accuracy_change": kept.mean() - right.mean(),
        "dense_modal_accuracy": (pies["dense_label"] == labels).mean(),
        "compressed_modal_accuracy": (pies["compressed_label"] == labels).mean(),
        "pie_share": is_pie.mean(),
        **{f"{name}_share": (kind == name).mean() for name in ("lost", "gained", "swapped")},
        "untied_pie_share": (is_pie & ~tied).mean(),
        "dense_tied_share": np.mean(pies["dense_tied"]),
        "compressed_tied_share": np.mean(pies["compressed_tied"]),
        "flip_rate": np.mean(pies["flip_rate"]),
        "taxicab_share": np.mean(pies["taxicab"]) / (2 * len(dense)),
        "margin_shift": np.mean(pies["margin_shift"]),
        "null_share": null,
        "cross_share": cross,
        "excess_share": cross - null,
        "held_out_pie_share": is_pie.mean(),
    }
    for population, correct in (("dense", right), ("compressed", kept)):
        for prefix, shift in (("", 0.05), ("naive_", 0.0)):
            on_pies = correct[:, is_pie].mean() if is_pie.any() else np.nan
            values[f"{prefix}{population}_accuracy_on_pies"] = on_pies + shift
            values[f"{prefix}{population}_accuracy_on_others"] = (
                correct[:, ~is_pie].mean() if (~is_pie).any() else np.nan
            )
    estimate = np.array([float(values[name]) for name in QUANTITIES])
    spread = 0.004 + 0.1 * np.abs(estimate) * (1 - np.clip(np.abs(estimate), 0, 1))
    return {"quantity": list(QUANTITIES), "estimate": estimate, "low": estimate - spread, "high": estimate + spread}


def _classes(labels: np.ndarray, dense: np.ndarray, compressed: np.ndarray, classes: int) -> dict[str, object]:
    from scipy import stats

    rows = []
    for label in range(classes):
        members = labels == label
        before, after = ((p[:, members] == label).mean(1) for p in (dense, compressed))
        overall = (compressed == labels).mean(1) - (dense == labels).mean(1)
        moved = after - before - overall
        half = stats.t.ppf(0.975, len(dense) - 1) * moved.std(ddof=1) / len(dense) ** 0.5
        p = 1.0 if np.ptp(moved) == 0 else float(stats.ttest_1samp(moved, 0).pvalue)
        change = after.mean() - before.mean()
        mean = moved.mean()
        rows.append(
            (
                label,
                members.sum(),
                before.mean(),
                after.mean(),
                change,
                mean,
                mean - half,
                mean + half,
                p,
                min(1, 2 * p),
            )
        )
    return dict(zip(STAGES["classes"].base.names, map(np.array, zip(*rows, strict=True)), strict=True))


def _by_size(dense: np.ndarray, compressed: np.ndarray, classes: int) -> dict[str, object]:
    sizes = list(range(1, len(dense) // 2 + 1))
    pairs = [_noise(dense, compressed, size, classes) for size in sizes]
    return {"models": sizes, "null_share": [n for n, _ in pairs], "cross_share": [c for _, c in pairs]}
