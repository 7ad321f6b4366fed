"""What every method of the registry that acts during training promises."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from lethe.compress.compressor import Compressor
from lethe.compress.in_training import plan_compressed
from lethe.core import registry
from lethe.core.levels import canonical_level
from lethe.data.store import BothSplits
from lethe.networks.checkpoint import Block
from lethe.networks.predict import predict_logits
from lethe.training.block import train_block
from lethe.training.plan import TrainingPlan
from support.channels import small_groups, small_inputs
from support.fitting import OFFERED, small_options
from support.small import small_images, small_model, small_plan, states_equal, toy_data

pytestmark = pytest.mark.slow

METHODS = [
    n for n in registry.names(registry.METHODS) if registry.literal(registry.METHODS, n, "pairing") == "in_training"
]
IMAGES = 384  # more than methods look at by default; in batches of 64 they are 24 steps of 4 epochs

every_method = pytest.mark.parametrize("name", METHODS)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> BothSplits:
    return BothSplits(*toy_data(tmp_path_factory.mktemp("data"), train=IMAGES))


def compressed_plan(name: str, level: str, data: BothSplits, seeds: tuple[int, ...] = (0,)) -> TrainingPlan:
    spec, plan = registry.load(registry.METHODS, name), small_plan(seeds, batch_size=64)
    compressor = Compressor("named", spec, spec.Options(**small_options(spec.Options)), level, small_groups())
    return plan_compressed(plan, compressor, data.train)


def trained(plan: TrainingPlan, data: BothSplits, folder: Path) -> Block:
    return Block(plan.record(), train_block(plan, data, folder / "out", lambda step: None).states)


def some_level(name: str) -> str:
    return canonical_level(0.5, registry.literal(registry.METHODS, name, "level_kind"))


@every_method
def test_level_zero_is_dense_training_of_the_same_replicate(name: str, data: BothSplits, tmp_path: Path) -> None:
    plan = compressed_plan(name, "0", data)
    dense = replace(plan, compression=None, masks=None, study_seed=plan.replicate(0).study_seed)
    assert dense.replicate(0) == plan.replicate(0)
    one, other = trained(plan, data, tmp_path / "level").model(0), trained(dense, data, tmp_path / "dense").model(0)
    assert (predict_logits(one, small_images()) - predict_logits(other, small_images())).abs().max() <= 1e-5
    for step in range(plan.options.total_steps(IMAGES)):
        assert all(mask.all() for mask in plan.held(step, small_model()).values())


@every_method
def test_the_same_seed_gives_the_same_network_and_another_one_another(
    name: str, data: BothSplits, tmp_path: Path
) -> None:
    level = some_level(name)
    first = trained(compressed_plan(name, level, data, (0, 1)), data, tmp_path / "first")
    again = trained(compressed_plan(name, level, data, (1,)), data, tmp_path / "again")
    assert states_equal(first.states[1], again.states[0])
    assert not states_equal(first.states[0], first.states[1])


@every_method
def test_something_is_gone_at_the_end_and_the_network_works(name: str, data: BothSplits, tmp_path: Path) -> None:
    plan = compressed_plan(name, some_level(name), data)
    model = trained(plan, data, tmp_path).model(0)
    assert plan.compression is not None
    # Half of the channels are about three quarters of the weights.
    wanted = {"sparsity": 0.5, "channel_sparsity": 0.75}[registry.literal(registry.METHODS, name, "level_kind")]
    assert plan.compression.achieved(model) == pytest.approx(wanted, abs=0.05)
    assert predict_logits(model, small_images()).isfinite().all()


@every_method
def test_its_seeds_are_independent_of_the_dense_ones_and_shared_by_all_levels(name: str, data: BothSplits) -> None:
    replicates = {level: compressed_plan(name, level, data).replicate(3) for level in ("0.50", "0.70")}
    dense = small_plan().replicate(3)
    assert replicates["0.50"] == replicates["0.70"] and replicates["0.50"].seed == 3
    assert replicates["0.50"].integer("init") != dense.integer("init")


@every_method
def test_the_fresh_network_is_left_as_it_was(name: str) -> None:
    spec, model = registry.load(registry.METHODS, name), small_model()
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    options = spec.Options(**small_options(spec.Options))
    spec.start(model, 0.5, options, small_inputs(count=OFFERED, labels=spec.labels), torch.Generator().manual_seed(0))
    assert states_equal(before, model.state_dict())


@every_method
def test_unknown_options_are_refused(name: str) -> None:
    spec = registry.load(registry.METHODS, name)
    with pytest.raises(ValidationError, match="extra_forbidden"):
        spec.Options(**small_options(spec.Options), unknown=1)
