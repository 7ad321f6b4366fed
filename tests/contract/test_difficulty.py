"""What every file in difficulty/kinds promises: literals, and a number that hangs on nothing but what is given."""

import numpy as np
import pytest
import torch

from lethe.core import registry
from lethe.difficulty.spec import OF_NETWORK, OF_POPULATION, DifficultySpec
from lethe.study.difficulties import of_networks, of_populations
from support.difficult import EXAMPLES, SEEDS, easy_and_hard, look_of, part_of, random_evidence, random_look, rearranged
from support.near import assert_near

NAMES = registry.names(registry.DIFFICULTIES)
over_kinds = pytest.mark.parametrize("name", NAMES)
over_populations = pytest.mark.parametrize("name", of_populations())
over_networks = pytest.mark.parametrize("name", of_networks())


def spec_of(name: str) -> DifficultySpec:
    return registry.load(registry.DIFFICULTIES, name)


@over_kinds
def test_what_it_states_is_read_without_importing_it(name: str) -> None:
    spec = spec_of(name)
    for field in ("name", "title", "summary", "source", "of", "needs", "reads_label"):
        assert registry.literal(registry.DIFFICULTIES, name, field) == getattr(spec, field)
    assert spec.name == name and spec.title and spec.source
    known = OF_POPULATION if spec.of == "population" else OF_NETWORK
    assert spec.needs and set(spec.needs) <= set(known)
    assert spec.measure.__doc__ and __import__(spec.measure.__module__, fromlist=["SPEC"]).__doc__


def test_together_they_are_all_kinds() -> None:
    assert set(of_populations()) | set(of_networks()) == set(NAMES) and len(NAMES) >= 20


@over_populations
def test_of_a_population_it_moves_with_the_examples(name: str) -> None:
    evidence = random_evidence(np.random.default_rng(1))
    order = np.random.default_rng(2).permutation(EXAMPLES)
    whole, moved = spec_of(name).measure(evidence), spec_of(name).measure(rearranged(evidence, order))
    assert whole.shape == (EXAMPLES,) and np.isfinite(whole).all()
    assert np.ptp(whole) > 0
    assert_near(moved, whole[order], rtol=1e-6, atol=1e-9)


@over_populations
def test_of_a_population_the_order_of_the_seeds_is_irrelevant(name: str) -> None:
    evidence = random_evidence(np.random.default_rng(3))
    shuffled = evidence.of(np.random.default_rng(4).permutation(SEEDS))
    assert_near(spec_of(name).measure(shuffled), spec_of(name).measure(evidence), rtol=1e-6, atol=1e-9)


@over_populations
def test_of_a_population_the_hard_example_has_the_larger_number(name: str) -> None:
    evidence = easy_and_hard()
    if name == "label_issues":  # classes are on an equal footing once every class has examples
        evidence = random_evidence(np.random.default_rng(0))
        unsure = evidence.losses.mean(axis=0)
        found = spec_of(name).measure(evidence)
        assert np.corrcoef(unsure, found)[0, 1] > 0.4
        return
    easy, hard = spec_of(name).measure(evidence)
    assert hard > easy


@over_networks
def test_of_a_network_it_moves_with_the_examples(name: str) -> None:
    """A look orders its images by id; here it is asked with them in another order."""
    order = np.random.default_rng(5).permutation(24)
    whole = spec_of(name).measure(random_look())
    moved = spec_of(name).measure(random_look(order=order))
    assert whole.shape == (24,) and np.isfinite(whole).all()
    if name == "view_agreement":  # what is drawn for an image hangs on its place among ascending ids
        again = spec_of(name).measure(random_look())
        assert np.array_equal(again, whole)
        return
    assert_near(moved, whole[order], rtol=1e-4, atol=1e-6)


ONE_HOT, FLAT = torch.tensor([[5.0, 0, 0, 0]]), torch.tensor([[1.0, 1.1, 0.9, 1.0]])
HARDER = {
    "prototype_distance": {
        "features": torch.tensor([[1.0, 0.1], [0.1, 1.0]]),
        "images": part_of(labels=torch.zeros(2, dtype=torch.long)),
        "support": part_of(labels=torch.zeros(3, dtype=torch.long)),
        "support_features": torch.tensor([[1.0, 0.0], [0.9, 0.0], [1.0, 0.2]]),
        "is_own": torch.zeros(2, dtype=torch.bool),
        "model": part_of(head=part_of(out_features=2)),
    },
    "local_density": {"nearest_distances": torch.tensor([[0.1, 0.2], [0.8, 0.9]])},
    "q_score": {"features": torch.cat([ONE_HOT, FLAT])},
}


@pytest.mark.parametrize("name", HARDER)
def test_of_a_network_the_hard_example_has_the_larger_number(name: str) -> None:
    easy, hard = spec_of(name).measure(look_of(**HARDER[name]))
    assert hard > easy


@pytest.mark.parametrize("name", ["prediction_depth", "prediction_depth_pooled", "prediction_depth_true"])
def test_what_only_late_layers_agree_on_is_deep(name: str) -> None:
    probes = torch.tensor([[0, 1], [0, 1], [0, 0]])
    known = {
        "probes": lambda pooling: probes,
        "logits": torch.tensor([[2.0, 1.0], [2.0, 1.0]]),
        "images": part_of(labels=torch.zeros(2, dtype=torch.long)),
    }
    assert spec_of(name).measure(look_of(**known)).tolist() == [0.0, 2.0]
