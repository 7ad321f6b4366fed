"""Modal labels: what most models of a population predict, with the tie rule as an explicit argument.

A population has K + 1 *variants* here: row 0 is the whole of it, row 1 + k the population without model k. They are
what the delete-one jackknife needs, and cost hardly more than the whole: only the votes for the leader can unseat it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from lethe.core.errors import EmptyPopulation
from lethe.pies.votes import vote_counts

Ties = Literal["smallest", "largest", "exclude"]
EXCLUDED = -1


@dataclass(frozen=True)
class Modal:
    """Modal label of each example, whether it is tied, and the share of models that give it."""

    labels: Int[np.ndarray, " examples"]
    tied: Bool[np.ndarray, " examples"]
    agreement: Float[np.ndarray, " examples"]


def modal_labels(counts: Int[np.ndarray, "examples classes"], *, ties: Ties = "smallest") -> Modal:
    """Labels that most models of a population give, one an example.

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
