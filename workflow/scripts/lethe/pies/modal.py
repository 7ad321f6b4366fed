"""Votes of two populations, their modal labels, and what becomes of an image between the two.

In the compact form of `Ballots` a thousand classes cost no more than the few that any one example receives. The modal
label is what most models of a population predict; the tie rule is an explicit argument. A population has K + 1
*variants*: row 0 is the whole of it, row 1 + k the population without model k. They are what the delete-one jackknife
needs, and cost hardly more than the whole: only the votes for the leader can unseat it.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from lethe.core.errors import EmptyPopulation

Ties = Literal["smallest", "largest", "exclude"]
EXCLUDED = -1

# Cells of the count table that one bincount may make: bincount counts in int64, the table keeps 16 bits.
_CHUNK = 1 << 22


def vote_counts(labels: Int[np.ndarray, "models examples"], num_classes: int) -> Int[np.ndarray, "examples classes"]:
    """How many models give each class to each example.

    Args: labels: predicted classes in 0 .. num_classes - 1, one row per model.
    Raises: EmptyPopulation: no model.
    """
    num_models, num_examples = labels.shape
    if num_models == 0:
        raise EmptyPopulation("0 models given, at least 1 is needed to count votes; check the list of evaluations")
    counts = np.empty((num_examples, num_classes), np.int16 if num_models < 1 << 15 else np.int32)
    step = max(1, _CHUNK // num_classes)
    for start in range(0, num_examples, step):
        part = labels[:, start : start + step]
        cells = part + num_classes * np.arange(part.shape[1])
        found = np.bincount(cells.ravel(), minlength=part.shape[1] * num_classes)
        counts[start : start + step] = found.reshape(-1, num_classes)
    return counts


@dataclass(frozen=True)
class Ballots:
    """Votes of a dense and a compressed population in codes local to each example.

    The classes that occur for an example (as a vote or as its label) are numbered 0, 1, ... in ascending order, so
    "smallest" and "largest" mean the same in codes as in classes, and there are at most 2K + 1 codes.

    Attributes:
        labels: code of the true class.
        classes: class that each code stands for; unused codes repeat -1.
        num_unanimous: examples left out because all models of both populations agree on them.
        unanimous_right: those of them whose common vote is the label.
    """

    dense: Int[np.ndarray, "models examples"]
    compressed: Int[np.ndarray, "models examples"]
    labels: Int[np.ndarray, " examples"]
    classes: Int[np.ndarray, "examples classes"]
    num_unanimous: int = 0
    unanimous_right: int = 0

    @property
    def num_models(self) -> int:
        """K, the size of either population."""
        return self.dense.shape[0]

    @property
    def num_codes(self) -> int:
        """Largest number of classes that occur for one example."""
        return self.classes.shape[1]

    @property
    def num_examples(self) -> int:
        """N, the examples left out included."""
        return self.dense.shape[1] + self.num_unanimous


def local_codes(
    dense: Int[np.ndarray, "models examples"],
    compressed: Int[np.ndarray, "models examples"],
    labels: Int[np.ndarray, " examples"],
) -> Ballots:
    """Ballots of all examples; row k of both arguments is the same seed."""
    votes = np.concatenate([dense, compressed, labels[None]])
    order = votes.argsort(axis=0, kind="stable")
    ranked = np.take_along_axis(votes, order, axis=0)
    ranks = np.zeros(votes.shape, np.int16)
    np.cumsum(ranked[1:] != ranked[:-1], axis=0, dtype=np.int16, out=ranks[1:])
    codes = np.empty_like(ranks)
    np.put_along_axis(codes, order, ranks, axis=0)
    classes = np.full((votes.shape[1], int(ranks.max(initial=0)) + 1), -1, np.int64)
    np.put_along_axis(classes, ranks.T.astype(np.int64), ranked.T, axis=1)
    num_models = dense.shape[0]
    return Ballots(codes[:num_models], codes[num_models:-1], codes[-1], classes)


def contested(ballots: Ballots) -> Ballots:
    """The examples on which not all models of both populations agree: the only ones that any deletion can change."""
    common = ballots.dense[0]
    chosen = (ballots.dense != common).any(axis=0) | (ballots.compressed != common).any(axis=0)
    return Ballots(
        dense=ballots.dense[:, chosen],
        compressed=ballots.compressed[:, chosen],
        labels=ballots.labels[chosen],
        classes=ballots.classes[chosen],
        num_unanimous=ballots.num_unanimous + int((~chosen).sum()),
        unanimous_right=ballots.unanimous_right + int((~chosen & (common == ballots.labels)).sum()),
    )


@dataclass(frozen=True)
class Modal:
    """Modal label of each example, whether it is tied, and the share of models that give it."""

    labels: Int[np.ndarray, " examples"]
    tied: Bool[np.ndarray, " examples"]
    agreement: Float[np.ndarray, " examples"]


def modal_labels(counts: Int[np.ndarray, "examples classes"], *, ties: Ties = "smallest") -> Modal:
    """Labels that most models of a population give, one per example.

    Args:
        counts: votes, as `vote_counts` makes them.
        ties: which of several most frequent classes is taken; "exclude" takes none.
    Returns: labels are -1 where ties="exclude" and the mode is not unique; agreement is that of a mode in every case.
    Raises: EmptyPopulation: an example has no vote.
    Source: Hooker et al. 2019, arXiv:1911.05248; differs: the paper states no tie rule, its code takes the largest.
    """
    num_models = counts.sum(axis=1)
    if (num_models == 0).any():
        raise EmptyPopulation("no vote given for an example, at least 1 is needed; check the list of evaluations")
    smallest = counts.argmax(axis=1)
    largest = counts.shape[1] - 1 - counts[:, ::-1].argmax(axis=1)
    tied = smallest != largest
    labels = {"smallest": smallest, "largest": largest, "exclude": np.where(tied, EXCLUDED, smallest)}[ties]
    return Modal(labels, tied, counts.max(axis=1) / num_models)


def modal_variants(
    votes: Int[np.ndarray, "models examples"], members: Int[np.ndarray, " half"], num_classes: int, *, ties: Ties
) -> Int[np.ndarray, "variants examples"]:
    """Modal labels of some models of a population, then the same without model k, for every k of all K models.

    Row 1 + k equals row 0 where k is not a member. Removing k takes one vote from its class, so the mode moves only
    if that class leads by so little that the runner-up wins then.

    Args: members: row numbers of the models that vote; at least 2, or the rows without them mean nothing.
    """
    if ties == "exclude":
        return _unless_tied(
            modal_variants(votes, members, num_classes, ties="smallest"),
            modal_variants(votes, members, num_classes, ties="largest"),
        )
    keys = vote_counts(votes[members], num_classes) * np.int32(num_classes) + _preference(num_classes, ties)
    lead, leader = _take_best(keys, num_classes, ties)
    next_lead, runner_up = _take_best(keys, num_classes, ties)
    is_fragile = next_lead > lead - num_classes
    variants = np.tile(leader, (votes.shape[0] + 1, 1))
    for k in members:
        np.copyto(variants[1 + k], runner_up, where=is_fragile & (votes[k] == leader))
    return variants


def modal_of(
    votes: Int[np.ndarray, "models examples"],
    populations: Int[np.ndarray, "populations members"],
    num_classes: int,
    *,
    ties: Ties,
) -> Int[np.ndarray, "populations examples"]:
    """Modal labels of many small populations of the same models; a population names the rows of its members.

    Every vote counts how many members agree with it, so that a pair of members is compared once, and no table of
    examples x classes is made.
    """
    if ties == "exclude":
        return _unless_tied(
            modal_of(votes, populations, num_classes, ties="smallest"),
            modal_of(votes, populations, num_classes, ties="largest"),
        )
    num_members = populations.shape[1]
    # As `_preference`, with a power of two in place of the number of classes: taking it off again is fast.
    bits = max(1, (num_classes - 1).bit_length())
    kind: type[np.int16 | np.int32] = np.int16 if num_members << bits < 1 << 15 else np.int32
    step, highest = (np.array(number, kind) for number in (1 << bits, (1 << bits) - 1))
    preference = votes.astype(kind) if ties == "largest" else highest - votes.astype(kind)
    modal = np.empty((len(populations), votes.shape[1]), np.int16)
    agree = {}
    for row, members in enumerate(populations):
        keys = preference[members]
        for a, b in combinations(range(num_members), 2):
            pair = members[a], members[b]
            if pair not in agree:
                agree[pair] = (votes[pair[0]] == votes[pair[1]]) * step
            keys[a] += agree[pair]
            keys[b] += agree[pair]
        leader = keys.max(axis=0) & highest
        modal[row] = leader if ties == "largest" else highest - leader
    return modal


def modal_by_size(
    votes: Int[np.ndarray, "models examples"], members: Int[np.ndarray, " half"], num_classes: int, *, ties: Ties
) -> Int[np.ndarray, "half examples"]:
    """Modal labels of the first member, of the first two, and so on to all of them."""
    if ties == "exclude":
        return _unless_tied(
            modal_by_size(votes, members, num_classes, ties="smallest"),
            modal_by_size(votes, members, num_classes, ties="largest"),
        )
    num_examples = votes.shape[1]
    keys = np.tile(_preference(num_classes, ties), num_examples)
    first_cell = num_classes * np.arange(num_examples)
    lead = np.full(num_examples, -1, np.int32)
    modal = np.empty((len(members), num_examples), np.int16)
    for size, k in enumerate(members):
        cells = first_cell + votes[k]
        keys[cells] += num_classes
        np.maximum(lead, keys[cells], out=lead)
        modal[size] = _class_of(lead, num_classes, ties)
    return modal


def _preference(num_classes: int, ties: Ties) -> Int[np.ndarray, " classes"]:
    """What is added to votes * num_classes, so that no two classes have equal keys and the tie rule decides."""
    ascending = np.arange(num_classes, dtype=np.int32)
    return ascending if ties == "largest" else ascending[::-1]


def _class_of(keys: Int[np.ndarray, " examples"], num_classes: int, ties: Ties) -> Int[np.ndarray, " examples"]:
    preference = (keys % num_classes).astype(np.int16)
    return preference if ties == "largest" else (num_classes - 1 - preference).astype(np.int16)


def _take_best(
    keys: Int[np.ndarray, "examples classes"], num_classes: int, ties: Ties
) -> tuple[Int[np.ndarray, " examples"], Int[np.ndarray, " examples"]]:
    """Largest key and its class; takes it out of `keys`, so that the next call finds the runner-up."""
    best = keys.max(axis=1)
    classes = _class_of(best, num_classes, ties)
    np.put_along_axis(keys, classes[:, None].astype(np.int64), -1, axis=1)
    return best, classes


def _unless_tied(
    smallest: Int[np.ndarray, "rows examples"], largest: Int[np.ndarray, "rows examples"]
) -> Int[np.ndarray, "rows examples"]:
    return np.where(smallest == largest, smallest, np.int16(EXCLUDED))


@dataclass(frozen=True)
class PieKinds:
    """PIEs by what happened: the three are disjoint and together all PIEs."""

    lost: Bool[np.ndarray, "*rows examples"]
    gained: Bool[np.ndarray, "*rows examples"]
    swapped: Bool[np.ndarray, "*rows examples"]

    @property
    def any(self) -> Bool[np.ndarray, "*rows examples"]:
        """Whether an example is a PIE."""
        return self.lost | self.gained | self.swapped


def pie_kinds(
    dense_labels: Int[np.ndarray, "*rows examples"],
    compressed_labels: Int[np.ndarray, "*rows examples"],
    labels: Int[np.ndarray, " examples"],
) -> PieKinds:
    """Lost: dense modal label right, compressed wrong; gained: the reverse; swapped: both wrong but different.

    An example whose modal label is excluded (-1) in either population is no PIE.
    """
    is_pie = (dense_labels != compressed_labels) & (dense_labels >= 0) & (compressed_labels >= 0)
    lost = is_pie & (dense_labels == labels)
    gained = is_pie & (compressed_labels == labels)
    return PieKinds(lost, gained, is_pie & ~lost & ~gained)
