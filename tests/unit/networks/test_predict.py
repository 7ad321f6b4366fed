"""Margins, probabilities and losses against their definitions, example by example."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from lethe.networks.predict import is_correct, label_probabilities, losses, margins
from support.near import assert_near


@given(st.integers(2, 6), st.integers(1, 20), st.integers(0, 10**6))
def test_quantities_follow_their_definitions(classes: int, examples: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(examples, classes, generator=generator)
    labels = torch.randint(classes, (examples,), generator=generator)
    for i in range(examples):
        row, label = logits[i].tolist(), int(labels[i])
        others = [value for position, value in enumerate(row) if position != label]
        total = sum(torch.tensor(row).double().exp().tolist())
        probability = float(torch.tensor(row[label]).double().exp()) / total
        assert_near(margins(logits, labels)[i], row[label] - max(others))
        assert_near(label_probabilities(logits, labels)[i], probability)
        assert_near(losses(logits, labels)[i].exp() * probability, 1, atol=1e-3)
    assert ((margins(logits, labels) > 0) <= is_correct(logits, labels)).all()
