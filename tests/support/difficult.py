"""Evidence and looks to test measures of difficulty with: random ones, and pairs of an easy and a hard example."""

from types import SimpleNamespace

import numpy as np
import torch

from lethe.core.seeding import Replicate
from lethe.data.augment import read_pipeline
from lethe.difficulty.evidence import WATCHED, Evidence, Trajectories
from lethe.difficulty.look import Images, Look
from support.small import small_images, small_model

SEEDS, EXAMPLES, CLASSES, EPOCHS = 6, 40, 3, 5


def random_evidence(generator: np.random.Generator, *, examples: int = EXAMPLES) -> Evidence:
    """Evidence of every kind, of training images on which parts of the seeds were trained."""
    logits = generator.normal(size=(SEEDS, examples, CLASSES)).astype(np.float32) * 2
    labels = np.arange(examples) % CLASSES
    shape = (SEEDS, EPOCHS, examples)
    watched = {
        "correct": generator.random(shape) < 0.6,
        "margin": generator.normal(size=shape).astype(np.float32),
        "probability": generator.random(shape).astype(np.float32),
        "error": generator.random(shape).astype(np.float32),
        "gradient": generator.random(shape).astype(np.float32),
    }
    used = (generator.permutation(examples) + np.arange(SEEDS)[:, None]) % SEEDS < 4
    return evidence_of(logits, labels, Trajectories(np.arange(1, EPOCHS + 1), **watched), used)


def evidence_of(logits, labels, trajectories=None, used=None) -> Evidence:
    """Evidence as networks with these logits give it."""
    shifted = np.exp(logits - logits.max(axis=2, keepdims=True))
    p = shifted / shifted.sum(axis=2, keepdims=True)
    of_label = np.take_along_axis(logits, np.broadcast_to(labels, logits.shape[:2])[..., None], axis=2)[..., 0]
    others = logits.copy()
    np.put_along_axis(others, np.broadcast_to(labels, logits.shape[:2])[..., None], -np.inf, axis=2)
    p_label = np.take_along_axis(p, np.broadcast_to(labels, logits.shape[:2])[..., None], axis=2)[..., 0]
    return Evidence(
        labels=labels,
        num_classes=logits.shape[2],
        predictions=logits.argmax(axis=2),
        confidences=p.max(axis=2),
        margins=of_label - others.max(axis=2),
        losses=-np.log(p_label),
        logits=logits,
        trajectories=trajectories,
        trained_on=used,
        train_trained_on=used,
    )


def rearranged(evidence: Evidence, order: np.ndarray) -> Evidence:
    """The same with its examples in another order; training images stay in theirs."""
    trajectories = evidence.required_trajectories()
    watched = (getattr(trajectories, name)[:, :, order] for name in WATCHED)
    moved = evidence_of(
        evidence.required_logits()[:, order],
        evidence.labels[order],
        Trajectories(trajectories.epochs, *watched),
        evidence.trained_on[:, order],
    )
    return Evidence(**{**vars(moved), "train_trained_on": evidence.train_trained_on})


def easy_and_hard() -> Evidence:
    """Example 0 is easy, example 1 hard in every sense: networks are unsure, learnt late, and only if trained on it."""
    used = np.array([[True, True], [True, True], [True, True], [False, False], [False, False], [False, False]])
    right = np.array([[True, seed < 3] for seed in range(SEEDS)])
    logits = np.zeros((SEEDS, 2, CLASSES), dtype=np.float32)
    logits[:, 0, 0] = 6.0
    logits[:, 1, 0] = np.where(right[:, 1], 0.6, -0.6)
    late = np.array([False, True, False, False, True])
    correct = np.stack([np.ones(EPOCHS, bool), late], axis=1)[None].repeat(SEEDS, axis=0)
    probability = np.stack([np.full(EPOCHS, 0.99), np.array([0.1, 0.8, 0.2, 0.1, 0.6])], axis=1)[None].repeat(
        SEEDS, axis=0
    )
    watched = {
        "correct": correct,
        "margin": np.where(correct, 2.0, -2.0),
        "probability": probability,
        "error": 1 - probability,
        "gradient": 2 * (1 - probability),
    }
    return evidence_of(logits, np.zeros(2, dtype=np.int64), Trajectories(np.arange(1, EPOCHS + 1), **watched), used)


def random_look(*, examples: int = 24, support: int = 40, seed: int = 0, order: np.ndarray | None = None) -> Look:
    """A small network with random images, some of which are of the support."""
    pixels, labels = small_images(support, seed=seed), torch.arange(support) % CLASSES
    ids = torch.arange(100, 100 + support)
    rows = torch.arange(examples) if order is None else torch.from_numpy(order)
    model = small_model(seed)
    return Look(
        model,
        ("act1", "layer1.0", "layer2.0"),
        Images(pixels[rows], labels[rows], ids[rows]),
        Images(pixels, labels, ids),
        Replicate(0, seed),
        read_pipeline(["noise"]),
        2,
        [small_model(number) for number in range(3)],
    )


def look_of(**known: object) -> Look:
    """As much of a look as a measure asks for; what it would compute is given."""
    look = object.__new__(Look)
    look.__dict__.update(known)
    return look


def part_of(**known: object) -> SimpleNamespace:
    """As much of images or of a network as a measure asks for."""
    return SimpleNamespace(**known)
