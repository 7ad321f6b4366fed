"""What an accelerator computes is what the CPU computes, and the same in every run: a part of `make test-gpu`."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from yaml import safe_dump, safe_load

from contract.test_compress import CHANNELS, KINDS, METHODS, SOME, inputs
from contract.test_regimes import REGIMES, plan_for
from lethe.core import registry
from lethe.networks.build import Architecture
from lethe.networks.compute import Compute, choose_compute
from lethe.networks.predict import predict_logits
from lethe.networks.spec import Classifier
from lethe.training.block import TrainedBlock, train_block
from support.fitting import small_options
from support.near import assert_near
from support.small import arrays_equal, small_images, small_model, states_equal, toy_splits
from support.workspace import lethe, make_workspace

pytestmark = [pytest.mark.gpu, pytest.mark.slow]

# As wide as large networks, so that it gets the kernels that round to ten bits where they may.
WIDE = Architecture("resnet", {"blocks": [2, 2, 2, 2], "width": 64}, channels=3, classes=10)
PRECISIONS = ("fp32", "bf16")


def cuda(precision: str = "fp32") -> Compute:
    return choose_compute("cuda", precision)


def on_device(model: Classifier, images: torch.Tensor, precision: str = "fp32") -> torch.Tensor:
    """Logits as a job on the accelerator records them; the model is on the CPU again afterwards."""
    device = cuda(precision)
    logits = predict_logits(device.place(model), images.to(device.device)).cpu()
    model.cpu()
    return logits


@pytest.mark.parametrize("precision", PRECISIONS)
def test_recorded_predictions_are_those_of_the_cpu(precision: str) -> None:
    model, images = small_model(architecture=WIDE), small_images(64, channels=3, size=32)
    expected = predict_logits(model, images)
    found = on_device(model, images, precision)
    assert_near(found, expected, rtol=1e-4, atol=1e-4 * float(expected.std()))


def small_training(name: str, folder: Path, compute: Compute) -> TrainedBlock:
    plan = replace(plan_for(name, (0,), folder, epochs=3), compute=compute)
    return train_block(plan, toy_splits(folder), folder / f"{compute.device}.safetensors", lambda step: None)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", REGIMES)
def test_a_training_gives_the_same_network_in_every_run(tmp_path: Path, name: str, precision: str) -> None:
    blocks = [small_training(name, tmp_path / run, cuda(precision)) for run in ("one", "other")]
    assert states_equal(blocks[0].states[0], blocks[1].states[0])
    one, other = (block.trajectories(toy_splits(tmp_path / "one")) for block in blocks)
    assert arrays_equal(one, other)


@pytest.mark.parametrize("name", REGIMES)
def test_the_first_epoch_is_that_of_the_cpu(tmp_path: Path, name: str) -> None:
    """Later ones amplify the last bits of the first."""

    def state(compute: Compute) -> dict[str, torch.Tensor]:
        plan = plan_for(name, (0,), tmp_path, epochs=1, checkpoints=1)
        file = tmp_path / f"{compute.device}.safetensors"
        return train_block(replace(plan, compute=compute), toy_splits(tmp_path), file, lambda step: None).states[0]

    found, expected = state(cuda()), state(choose_compute("cpu", "fp32"))
    for key, value in expected.items():
        spread = float(value.float().std()) if value.numel() > 1 else 1.0
        assert_near(found[key].float(), value.float(), rtol=0.02, atol=0.02 * max(spread, 1e-2), about=key)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_makes_the_network_that_it_makes_on_the_cpu(name: str) -> None:
    spec, given = registry.load(registry.METHODS, name), inputs(name)
    options = spec.Options(**small_options(spec.Options))

    def logits(device: torch.device) -> torch.Tensor:
        model, generator = small_model().to(device), torch.Generator().manual_seed(0)
        asked = replace(given, device=device)
        made = spec.compress(model, SOME[KINDS[name]], options, asked, generator).model
        return predict_logits(made, small_images().to(device)).cpu()

    found, expected = logits(cuda().device), logits(torch.device("cpu"))
    # A score that two weights nearly share may fall to either side.
    differing = ((found - expected).abs() > 1e-3 * expected.std()).any(dim=1)
    assert float(differing.float().mean()) < (0.2 if name in CHANNELS else 0.1)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_study_gives_the_same_tables_in_every_run(tmp_path: Path, precision: str) -> None:
    tables = []
    for name in ("one", "other"):
        folder = make_workspace(tmp_path / name)
        study = safe_load((folder / "studies/smoke.yaml").read_text()) | {"device": "cuda", "precision": precision}
        (folder / "cuda.yaml").write_text(safe_dump(study))
        ran = lethe(folder, "run", "--config", "cuda.yaml")
        assert ran.returncode == 0, ran.stdout
        results = folder / "results/smoke"
        assert (results / "report.html").stat().st_size > 0
        tables.append({str(file.relative_to(results)): file.read_bytes() for file in results.rglob("*.parquet")})
    assert tables[0] == tables[1]
    assert "othing" in lethe(folder, "run", "--config", "cuda.yaml").stdout
