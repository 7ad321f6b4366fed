"""Measures of difficulty against slow transcriptions of their equations, one example and one network at a time."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from cleanlab.rank import get_label_quality_scores
from sklearn.neighbors import KNeighborsClassifier

from lethe.core import registry
from lethe.difficulty.evidence import EARLY, Trajectories
from lethe.difficulty.kinds.gradient_variance import measure as gradient_variance
from lethe.difficulty.kinds.q_score import q_scores
from lethe.difficulty.kinds.q_score_discriminative import discriminative_q_scores
from lethe.difficulty.look import majority
from support.difficult import CLASSES, EXAMPLES, SEEDS, evidence_of, random_evidence, random_look
from support.near import assert_near

EVIDENCE = random_evidence(np.random.default_rng(0))
WATCHED = EVIDENCE.required_trajectories()


def measured(name: str) -> np.ndarray:
    return registry.load(registry.DIFFICULTIES, name).measure(EVIDENCE)


def mean_over_seeds(of_one) -> list[float]:
    """The mean over the networks of what a function says of (network, example)."""
    return [sum(of_one(k, i) for k in range(SEEDS)) / SEEDS for i in range(EXAMPLES)]


def softmax(z: np.ndarray) -> list[float]:
    total = sum(math.exp(x) for x in z)
    return [math.exp(x) / total for x in z]


def test_vote_margin() -> None:
    expected = []
    for i in range(EXAMPLES):
        votes = sorted((list(EVIDENCE.predictions[:, i]).count(c) for c in range(CLASSES)), reverse=True)
        expected.append(-(votes[0] - votes[1]) / SEEDS)
    assert_near(measured("vote_margin"), expected)


def test_what_predictions_say() -> None:
    logits, labels = EVIDENCE.required_logits(), EVIDENCE.labels

    def margin(k: int, i: int) -> float:
        return logits[k, i, labels[i]] - max(z for c, z in enumerate(logits[k, i]) if c != labels[i])

    assert_near(measured("margin"), [-m for m in mean_over_seeds(margin)], rtol=1e-5)
    assert_near(
        measured("confidence"), [1 - m for m in mean_over_seeds(lambda k, i: max(softmax(logits[k, i])))], rtol=1e-5
    )
    loss = mean_over_seeds(lambda k, i: -math.log(softmax(logits[k, i])[labels[i]]))
    assert_near(measured("loss"), loss, rtol=1e-4)


def test_what_training_says() -> None:
    epochs = range(len(WATCHED.epochs))
    early = next(t for t in epochs if WATCHED.epochs[t] >= EARLY * WATCHED.epochs[-1])
    assert_near(measured("el2n"), mean_over_seeds(lambda k, i: WATCHED.error[k, early, i]), rtol=1e-6)
    assert_near(measured("grand"), mean_over_seeds(lambda k, i: WATCHED.gradient[k, early, i]), rtol=1e-6)

    def over_time(values: np.ndarray):
        return lambda k, i: sum(float(values[k, t, i]) for t in epochs) / len(epochs)

    assert_near(measured("aum"), [-m for m in mean_over_seeds(over_time(WATCHED.margin))], rtol=1e-5, atol=1e-7)
    assert_near(measured("map_confidence"), [1 - m for m in mean_over_seeds(over_time(WATCHED.probability))], rtol=1e-6)

    def spread(k: int, i: int) -> float:
        p = [float(WATCHED.probability[k, t, i]) for t in epochs]
        mean = sum(p) / len(p)
        return math.sqrt(sum((x - mean) ** 2 for x in p) / len(p))

    assert_near(measured("map_variability"), mean_over_seeds(spread), rtol=1e-6)

    def aleatoric(k: int, i: int) -> float:
        p = [float(WATCHED.probability[k, t, i]) for t in epochs]
        return sum(x * (1 - x) for x in p) / len(p)

    assert_near(measured("data_iq"), mean_over_seeds(aleatoric), rtol=1e-6)


def test_forgetting_and_first_learning() -> None:
    def forgotten(k: int, i: int) -> int:
        course = WATCHED.correct[k, :, i].tolist()
        if not any(course):
            return len(course)
        return sum(a and not b for a, b in pairwise(course))

    def learned(k: int, i: int) -> float:
        course = WATCHED.correct[k, :, i].tolist()
        return next((t for t in range(len(course)) if all(course[t:])), len(course)) / len(course)

    assert_near(measured("forgetting"), mean_over_seeds(forgotten))
    assert_near(measured("first_learned"), mean_over_seeds(learned))


# Right (1) or wrong (0) along five watched epochs; events, and the share before it is right for good.
COURSES = {
    "11111": (0, 0.0),
    "00000": (5, 1.0),
    "01011": (1, 0.6),
    "10101": (2, 0.8),
    "11110": (1, 1.0),
    "00001": (0, 0.8),
}


@pytest.mark.parametrize("course", COURSES)
def test_courses_made_by_hand(course: str) -> None:
    correct = np.array([digit == "1" for digit in course])[None, :, None]
    p = np.where(correct, 0.75, 0.25)
    watched = Trajectories(np.arange(1, 6), correct, np.where(correct, 2.0, -1.0), p, 1 - p, 1 - p)
    evidence = evidence_of(np.zeros((1, 1, 2), np.float32), np.zeros(1, np.int64), watched)
    found = {
        name: registry.load(registry.DIFFICULTIES, name).measure(evidence)[0]
        for name in registry.names(registry.DIFFICULTIES)
        if registry.literal(registry.DIFFICULTIES, name, "needs") == ("trajectories",)
    }
    right = course.count("1") / 5
    events, first = COURSES[course]
    assert_near([found["forgetting"], found["first_learned"]], [events, first])
    assert_near(found["aum"], -(2 * right - (1 - right)))
    assert_near(found["map_confidence"], 1 - (0.75 * right + 0.25 * (1 - right)))
    assert_near(found["map_variability"], 0.5 * math.sqrt(right * (1 - right)))
    assert_near(found["data_iq"], 0.1875)


def test_memorisation_and_influence() -> None:
    used, right = EVIDENCE.trained_on, EVIDENCE.is_right
    expected = []
    for i in range(EXAMPLES):
        within = [right[k, i] for k in range(SEEDS) if used[k, i]]
        without = [right[k, i] for k in range(SEEDS) if not used[k, i]]
        expected.append(sum(within) / len(within) - sum(without) / len(without))
    assert_near(measured("memorisation"), expected)

    def influence(j: int, i: int) -> float:
        within = [right[k, i] for k in range(SEEDS) if used[k, j]]
        without = [right[k, i] for k in range(SEEDS) if not used[k, j]]
        return sum(within) / len(within) - sum(without) / len(without)

    largest = [max(influence(j, i) for j in range(EXAMPLES)) for i in range(EXAMPLES)]
    assert_near(measured("influence"), largest, atol=1e-12)


def test_memorisation_is_unknown_where_no_seed_was_left_out() -> None:
    used = EVIDENCE.trained_on.copy()
    used[:, 0], used[:, 1] = True, False
    evidence = evidence_of(EVIDENCE.required_logits(), EVIDENCE.labels, WATCHED, used)
    found = registry.load(registry.DIFFICULTIES, "memorisation").measure(evidence)
    assert np.isnan(found[:2]).all() and np.isfinite(found[2:]).all()


def test_label_issues_are_cleanlabs_of_networks_that_did_not_see_the_example() -> None:
    p = np.array([[softmax(z) for z in row] for row in EVIDENCE.required_logits()])
    mean = np.array([p[~EVIDENCE.trained_on[:, i], i].mean(axis=0) for i in range(EXAMPLES)])
    scores = get_label_quality_scores(EVIDENCE.labels, mean, method="self_confidence", adjust_pred_probs=True)
    assert_near(measured("label_issues"), 1 - scores, rtol=1e-5)


@pytest.mark.parametrize("size", [2, 7, 128])
def test_the_q_score_of_a_one_hot_vector_is_the_root_of_its_length_less_one(size: int) -> None:
    one_hot = torch.eye(size)[:1] * 3.0
    assert_near(q_scores(one_hot), torch.tensor([math.sqrt(size - 1)]))
    assert q_scores(torch.full((1, size), 0.7)).item() == 0


def test_q_scores_are_the_equation() -> None:
    features = torch.rand(20, 9, generator=torch.Generator().manual_seed(0))
    for row, found in zip(features.double(), q_scores(features), strict=True):
        h = row / row.norm()
        deviation = math.sqrt(sum((x - h.mean()) ** 2 for x in h) / len(h))
        assert_near(found, (max(h) - h.mean()) / deviation / sum(abs(x) for x in h))


def test_discriminative_q_scores_are_the_equation() -> None:
    generator = torch.Generator().manual_seed(1)
    features = torch.rand(60, 40, generator=generator) * 0.05
    # Feature j stands out in the first 2 j + 2 images of a random order.
    for j in range(12):
        rows = torch.randperm(60, generator=generator)[: 2 * j + 2]
        features[rows, j] = 3.0
    h = features.double() / features.double().norm(dim=1, keepdim=True)
    high = [[bool(x > row.mean() + 4 * row.std(correction=0)) for x in row] for row in h]
    rates = [sum(row[j] for row in high) / 60 for j in range(40)]
    ever = [rate for rate in rates if rate > 0]
    low, top = np.quantile(ever, [0.5, 0.95])
    chosen = [j for j in range(40) if rates[j] > 0 and low <= rates[j] <= top]
    expected = []
    for i in range(60):
        own = [float(h[i, j] - h[i].mean()) for j in chosen if high[i][j]]
        expected.append(sum(own) / len(own) if own else 0.0)
    assert len(chosen) > 1 and any(expected)
    assert_near(discriminative_q_scores(features).numpy(), expected, atol=1e-12)


def test_the_majority_of_equal_numbers_is_the_nearest() -> None:
    labels = torch.tensor([[2, 1, 1, 2], [0, 1, 2, 2], [1, 0, 2, 3]])
    assert majority(labels).tolist() == [2, 2, 1]


def test_probes_are_scikit_learns_nearest_neighbours() -> None:
    """Of images outside the support; numbers of votes are equal in few, which another rule would decide otherwise."""
    known = random_look(examples=24, support=40)
    look = replace(known, images=replace(known.images, ids=known.images.ids + 1000))
    for pooling in ("flat", "pooled"):
        probes = look.probes(pooling)
        assert probes.shape == (5, 24)
        support, images = look._pixels()
        classifier = KNeighborsClassifier(30).fit(support.numpy(), look.support.labels.numpy())
        votes = classifier.predict_proba(images.numpy())
        decided = np.sort(votes, axis=1)[:, -1] > np.sort(votes, axis=1)[:, -2]
        assert decided.sum() > 10
        assert (probes[0].numpy()[decided] == classifier.predict(images.numpy())[decided]).all()


def test_an_example_of_the_support_is_not_its_own_neighbour() -> None:
    look = random_look(examples=24, support=40)
    assert float(look.nearest_distances.min()) > 0
    support, images = (torch.nn.functional.normalize(x) for x in (look.support_features, look.features))
    distances = torch.cdist(images.double(), support.double())
    distances[torch.arange(24), torch.arange(24)] = torch.inf
    expected = distances.sort(dim=1).values[:, :30]
    assert_near(look.nearest_distances.double().numpy(), expected.numpy(), atol=1e-3)


def test_maps_are_probed_in_as_many_passes_as_memory_bears(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = random_look().probes("flat")
    monkeypatch.setattr("lethe.difficulty.look._BYTES", 4 * 64 * 70)
    look = random_look()
    assert len(look._groups()) > 1
    assert torch.equal(look.probes("flat"), whole)


def test_the_variance_of_gradients_is_the_equation() -> None:
    look = random_look(examples=12)
    raw = []
    for pixels, label in zip(look.images.pixels, look.images.labels, strict=True):
        gradients = []
        for model in look.snapshots:
            x = (pixels.float() / 255)[None].requires_grad_(True)
            model(x)[0, label].backward()
            gradients.append(x.grad[0].double())
        mean = sum(gradients) / len(gradients)
        variance = sum((g - mean) ** 2 for g in gradients) / len(gradients)
        raw.append(float(variance.sqrt().mean()))
    raw, labels = np.array(raw), look.images.labels.numpy()
    expected = [(v - raw[labels == y].mean()) / raw[labels == y].std() for v, y in zip(raw, labels, strict=True)]
    assert_near(gradient_variance(look), expected, rtol=1e-3, atol=1e-4)


def test_prototypes_leave_the_example_out() -> None:
    look = random_look(examples=10, support=40)
    h = look.support_features.double()
    expected = []
    for i in range(10):
        others = [j for j in range(40) if look.support.labels[j] == look.images.labels[i] and j != i]
        mean = h[others].mean(dim=0)
        expected.append(1 - float(h[i] @ mean / h[i].norm() / mean.norm()))
    assert_near(
        registry.load(registry.DIFFICULTIES, "prototype_distance").measure(look), expected, rtol=1e-5, atol=1e-7
    )


def test_agreement_of_views_is_the_divergence() -> None:
    look = random_look(examples=6)
    ours = look.logits.double().softmax(dim=1)
    expected = torch.zeros(6, dtype=torch.float64)
    for theirs in look.view_logits():
        q = theirs.detach().double().softmax(dim=1)
        expected += (ours * (ours / q).log()).sum(dim=1) / 2
    assert_near(
        registry.load(registry.DIFFICULTIES, "view_agreement").measure(look), expected.numpy(), rtol=1e-5, atol=1e-8
    )
