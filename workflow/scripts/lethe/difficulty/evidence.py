"""What the dense networks of one regime say of the examples of one split: predictions, and how training went.

Seeds come first and examples last in every array, seeds and example ids ascending.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from lethe.core.errors import PopulationError

# What was watched of every example along the training, see `training.trajectory`.
WATCHED = ("correct", "margin", "probability", "error", "gradient")
# Share of the training that lies behind an epoch that is called early.
EARLY = 0.1
_COLUMNS = ("prediction", "confidence", "margin", "loss")


@dataclass(frozen=True)
class Trajectories:
    """How examples fared at the watched epochs of the training.

    Attributes:
        epochs: how many were done, ascending.
        correct: whether the prediction was the label.
        margin: logit of the label minus the largest other one.
        probability: of the label.
        error: L2 norm of probabilities minus one-hot label, in [0, sqrt 2].
        gradient: L2 norm of the loss's gradient by the head's weights and biases.
    """

    epochs: Int[np.ndarray, " epochs"]
    correct: Bool[np.ndarray, "seeds epochs examples"]
    margin: Float[np.ndarray, "seeds epochs examples"]
    probability: Float[np.ndarray, "seeds epochs examples"]
    error: Float[np.ndarray, "seeds epochs examples"]
    gradient: Float[np.ndarray, "seeds epochs examples"]

    def of(self, seeds: Int[np.ndarray, " chosen"]) -> "Trajectories":
        """Those of some seeds, by their positions."""
        return Trajectories(self.epochs, *(getattr(self, name)[seeds] for name in WATCHED))

    def early(self, share: float) -> int:
        """Position of the first watched epoch with at least this share of the training behind it."""
        return int(np.searchsorted(self.epochs, share * self.epochs[-1] - 1e-9))


@dataclass(frozen=True)
class Evidence:
    """What all networks of a regime say of the examples of a split; None where a study or a split has not got it.

    Attributes:
        confidences: probability of the prediction.
        margins: logit of the label minus the largest other one.
        losses: cross entropy with the label, in nats.
        logits: of all classes, where predictions hold them.
        trained_on: of training images, whether a seed was trained on them, where seeds are trained on parts of them.
        train_trained_on: the same of the training images, whatever the split of the evidence.
    """

    labels: Int[np.ndarray, " examples"]
    num_classes: int
    predictions: Int[np.ndarray, "seeds examples"]
    confidences: Float[np.ndarray, "seeds examples"]
    margins: Float[np.ndarray, "seeds examples"]
    losses: Float[np.ndarray, "seeds examples"]
    logits: Float[np.ndarray, "seeds examples classes"] | None = None
    trajectories: Trajectories | None = None
    trained_on: Bool[np.ndarray, "seeds examples"] | None = None
    train_trained_on: Bool[np.ndarray, "seeds train_examples"] | None = None

    @property
    def num_seeds(self) -> int:
        """How many networks there are."""
        return len(self.predictions)

    @property
    def is_right(self) -> Bool[np.ndarray, "seeds examples"]:
        """Whether a prediction is the label."""
        return self.predictions == self.labels

    @property
    def known(self) -> frozenset[str]:
        """What a measure may need and this has, see `difficulty.spec`."""
        optional = {
            "logits": self.logits,
            "trajectories": self.trajectories,
            "subsets": self.trained_on,
            "train_subsets": self.train_trained_on,
        }
        return frozenset({"predictions", *(name for name, given in optional.items() if given is not None)})

    def of(self, seeds: Int[np.ndarray, " chosen"]) -> "Evidence":
        """That of some seeds, by their positions."""
        names = ("predictions", "confidences", "margins", "losses", "logits", "trained_on", "train_trained_on")
        arrays = {name: getattr(self, name) for name in names}
        chosen: dict[str, Any] = {name: None if array is None else array[seeds] for name, array in arrays.items()}
        trajectories = None if self.trajectories is None else self.trajectories.of(seeds)
        return replace(self, **chosen, trajectories=trajectories)

    def required_logits(self) -> Float[np.ndarray, "seeds examples classes"]:
        """The logits, for a measure that states that it needs them."""
        assert self.logits is not None
        return self.logits

    def required_trajectories(self) -> Trajectories:
        """The trajectories, for a measure that states that it needs them."""
        assert self.trajectories is not None
        return self.trajectories


@dataclass(frozen=True)
class Examined:
    """The examples that evidence is of, in its order, and the seeds."""

    example_ids: Int[np.ndarray, " examples"]
    seeds: Int[np.ndarray, " seeds"]
    evidence: Evidence


def examine(
    predictions: Sequence[pd.DataFrame],
    trajectories: Sequence[Mapping[str, np.ndarray]],
    *,
    split: str,
    num_classes: int,
    parts: pd.DataFrame | None = None,
) -> Examined:
    """The evidence of a regime on one split.

    Args:
        predictions: rows of every block of dense networks, see `measures.results.predictions`, perhaps with `logits`.
        trajectories: arrays of every block, see `training.trajectory`; of a split that was not watched they say
            nothing, and without any there is no evidence of training.
        parts: seed and example_id of the training images of each seed, where these are not all.
    Raises: PopulationError: blocks share a seed, or differ in their examples, or trajectories are of other ones.
    """
    rows = pd.concat(predictions, ignore_index=True).sort_values(["seed", "example_id"], kind="stable")
    seeds, example_ids = np.unique(rows["seed"]), np.unique(rows["example_id"])
    shape = (len(seeds), len(example_ids))
    if len(rows) != len(seeds) * len(example_ids) or rows.duplicated(["seed", "example_id"]).any():
        raise PopulationError(
            f"{len(rows)} predictions of {len(seeds)} seeds for {len(example_ids)} examples given; every seed must "
            "predict every example once: evaluate the blocks again"
        )
    columns = {name: rows[name].to_numpy().reshape(shape) for name in ("label", *_COLUMNS)}
    logits = None
    if "logits" in rows:
        logits = np.stack(rows["logits"].to_list()).reshape(*shape, -1)
    blocks = [dict(block) for block in trajectories]
    watched = _trajectories(blocks, split, seeds, example_ids)
    used, ids = (None, example_ids) if parts is None else _used(parts, seeds)
    trained_on = None
    if used is not None and split == "train":
        trained_on = np.zeros(shape, dtype=bool)
        places = np.searchsorted(ids, example_ids).clip(max=len(ids) - 1)
        trained_on[:, ids[places] == example_ids] = used[:, places[ids[places] == example_ids]]
    evidence = Evidence(
        labels=columns["label"][0],
        num_classes=num_classes,
        **{f"{name}s" if name != "loss" else "losses": columns[name] for name in _COLUMNS},
        logits=logits,
        trajectories=watched,
        trained_on=trained_on,
        train_trained_on=used,
    )
    return Examined(example_ids, seeds, evidence)


def _used(
    parts: pd.DataFrame, seeds: Int[np.ndarray, " seeds"]
) -> tuple[Bool[np.ndarray, "seeds known"], Int[np.ndarray, " known"]]:
    """Which of the images that any seed was trained on each seed was, and the ids of these images, ascending.

    Raises: PopulationError: a seed has no part.
    """
    known = np.unique(parts["example_id"])
    found = np.zeros((len(seeds), len(known)), dtype=bool)
    for row, seed in enumerate(seeds):
        own = parts.loc[parts["seed"] == seed, "example_id"].to_numpy()
        if not len(own):
            raise PopulationError(f"no part of the training images is given for seed {seed}; draw the parts again")
        found[row, np.searchsorted(known, own)] = True
    return found, known


def _trajectories(
    blocks: list[dict[str, np.ndarray]],
    split: str,
    seeds: Int[np.ndarray, " seeds"],
    example_ids: Int[np.ndarray, " examples"],
) -> Trajectories | None:
    """What was watched of a split, in the order of the evidence; None of a split that was not."""
    if not blocks or f"{split}/example_id" not in blocks[0]:
        return None
    order = _positions(blocks[0][f"{split}/example_id"], example_ids)
    arrays = (_by_seed(blocks, f"{split}/{name}", seeds)[:, :, order] for name in WATCHED)
    return Trajectories(blocks[0]["epochs"], *arrays)


def _by_seed(blocks: list[dict[str, np.ndarray]], name: str, seeds: Int[np.ndarray, " seeds"]) -> np.ndarray:
    """An array of all blocks, one row per seed in the order of the seeds.

    Raises: PopulationError: trajectories are of other seeds.
    """
    found = np.concatenate([block["seeds"] for block in blocks])
    order = found.argsort()
    if not np.array_equal(found[order], seeds):
        raise PopulationError(
            f"trajectories of the seeds {found.tolist()} and predictions of {seeds.tolist()} given; both must be of "
            "the same networks"
        )
    return np.concatenate([block[name] for block in blocks])[order]


def _positions(known: Int[np.ndarray, " known"], wanted: Int[np.ndarray, " wanted"]) -> Int[np.ndarray, " wanted"]:
    """Where the wanted ids stand among the known ones.

    Raises: PopulationError: one is not among them.
    """
    order = known.argsort()
    places = np.searchsorted(known[order], wanted)
    if (places >= len(known)).any() or (known[order][places] != wanted).any():
        raise PopulationError("predictions have examples that the trajectories have not; train and evaluate again")
    return order[places]
