"""Images and weights that change run again exactly what depends on them, whoever plans and however often."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import timm
from PIL import Image
from safetensors.torch import save_file

from support.workspace import lethe, make_workspace, planned_jobs, snakemake

pytestmark = pytest.mark.slow
CONFIG = "own.yaml"
STUDY = """
study: own
dataset: {name: image_folder, root: ../images, options: {size: 16}}
model: {name: timm, options: {model: test_resnet, weights: ../weights.safetensors}}
seeds: {count: 2, block: 2}
regimes:
  supervised: {epochs: 1, batch_size: 4, learning_rate: 0.01}
compression:
  magnitude_global: {levels: [0.50], options: {recalibrate: 4}}
measures: {latency: false, probes: false, untrained: false, pixels: false}
"""
NETWORKS = "results/own/checkpoints/supervised/magnitude_global/0.50/seeds0-1.safetensors"
EVERYTHING = {"prepare_data": 1, "train": 1, "compress": 1}


def write_weights(file: Path, bias: float) -> None:
    """Weights that a model of timm starts from."""
    model = timm.create_model("test_resnet", num_classes=0)
    save_file({name: tensor + bias if "bn" in name else tensor for name, tensor in model.state_dict().items()}, file)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which a network was trained on images of a folder and compressed; images and weights beside it."""
    base = tmp_path_factory.mktemp("inputs")
    noise = np.random.default_rng(0)
    for place in ("train/disc", "train/bar", "test/disc", "test/bar"):
        (base / "images" / place).mkdir(parents=True)
        for number in range(6):
            image = Image.fromarray(noise.integers(0, 256, (20, 20, 3), dtype=np.uint8))
            image.save(base / "images" / place / f"{number}.png")
    write_weights(base / "weights.safetensors", 0.0)
    folder = make_workspace(base / "lethe")
    (folder / CONFIG).write_text(STUDY)
    result = snakemake(folder, "--configfile", CONFIG, "--cores", "2", "--show-failed-logs", NETWORKS)
    assert result.returncode == 0, result.stdout
    return folder


@pytest.fixture
def own(finished: Path, tmp_path: Path) -> Path:
    """A copy of the workspace, the images and the weights, that a test may change."""
    shutil.copytree(finished.parent, tmp_path / "copy", symlinks=True)
    return tmp_path / "copy/lethe"


def jobs(folder: Path) -> dict[str, int]:
    return planned_jobs(folder, "--cores", "2", NETWORKS, config=CONFIG)


def accept(folder: Path) -> str:
    result = lethe(folder, "accept", "--config", CONFIG)
    assert result.returncode == 0, result.stdout
    return result.stdout


def an_image(folder: Path) -> Path:
    return folder.parent / "images/train/disc/3.png"


def another_picture(folder: Path) -> None:
    shutil.copyfile(folder.parent / "images/train/bar/3.png", an_image(folder))


def another_test_picture(folder: Path) -> None:
    shutil.copyfile(folder.parent / "images/train/bar/3.png", folder.parent / "images/test/disc/3.png")


def one_more(folder: Path) -> None:
    shutil.copyfile(an_image(folder), an_image(folder).with_name("more.png"))


def one_less(folder: Path) -> None:
    an_image(folder).unlink()


def another_class(folder: Path) -> None:
    an_image(folder).rename(folder.parent / "images/train/bar/moved.png")


@pytest.mark.parametrize(
    "change",
    [
        another_picture,
        *(
            pytest.param(change, marks=pytest.mark.long)
            for change in (one_more, another_test_picture, one_less, another_class)
        ),
    ],
)
def test_changed_images_run_everything_again_in_every_dry_run(own: Path, change: Callable[[Path], None]) -> None:
    assert jobs(own) == {}
    change(own)
    assert jobs(own) == EVERYTHING
    assert jobs(own) == EVERYTHING, "the first dry run must not lose the knowledge"
    shown = lethe(own, "status", "--config", CONFIG).stdout
    assert "the images below ../images differ from those that were read" in shown
    assert "Accepted" in accept(own)
    assert jobs(own) == {}
    assert "differ" not in lethe(own, "status", "--config", CONFIG).stdout
    shutil.copyfile(own.parent / "images/test/bar/1.png", an_image(own).with_name("and_more.png"))
    assert jobs(own) == EVERYTHING


def test_touched_images_hidden_files_and_notes_run_nothing(own: Path) -> None:
    for file in (own.parent / "images").rglob("*.png"):
        file.touch()
    an_image(own).with_name(".hidden.png").write_bytes(b"x")
    an_image(own).with_name("notes.txt").write_bytes(b"x")
    (own.parent / "weights.safetensors").touch()
    assert jobs(own) == {}


def test_a_change_that_is_taken_back_runs_nothing(own: Path) -> None:
    content = an_image(own).read_bytes()
    another_picture(own)
    assert jobs(own) == EVERYTHING
    an_image(own).write_bytes(content)
    assert jobs(own) == {}


def test_changed_images_are_known_when_snakemakes_memory_is_gone(own: Path) -> None:
    shutil.rmtree(own / ".snakemake")
    shutil.rmtree(own / ".lethe")
    assert jobs(own) == {}
    another_picture(own)
    shutil.rmtree(own / ".snakemake")
    assert jobs(own) == EVERYTHING


@pytest.mark.long
def test_images_that_are_not_there_are_no_other_images(own: Path) -> None:
    (own.parent / "images").rename(own.parent / "unmounted")
    assert jobs(own) == {}
    assert "is not known" in lethe(own, "status", "--config", CONFIG).stdout


@pytest.mark.long
def test_a_change_that_was_seen_waits_for_images_that_are_not_there(own: Path) -> None:
    """A plan saw other images, then their disk went: preparing them would lose what is there, and could not succeed."""
    another_picture(own)
    assert jobs(own) == EVERYTHING
    (own.parent / "images").rename(own.parent / "unmounted")
    assert jobs(own) == {}
    (own.parent / "unmounted").rename(own.parent / "images")
    assert jobs(own) == EVERYTHING


@pytest.mark.long
def test_changed_weights_train_again_and_prepare_nothing(own: Path) -> None:
    weights = own.parent / "weights.safetensors"
    content = weights.read_bytes()
    write_weights(weights, 0.5)
    for _ in range(2):
        assert jobs(own) == {"train": 1, "compress": 1}
    assert "weights.safetensors (model) differ" in lethe(own, "status", "--config", CONFIG).stdout
    weights.write_bytes(content)
    assert jobs(own) == {}
    write_weights(weights, 1.0)
    assert "weights.safetensors" in accept(own)
    assert jobs(own) == {}
    assert "differ" not in lethe(own, "status", "--config", CONFIG).stdout


@pytest.mark.long
def test_a_rerun_settles_changes_and_the_images_that_come_back_are_others(own: Path) -> None:
    content = an_image(own).read_bytes()
    another_picture(own)
    result = snakemake(own, "--configfile", CONFIG, "--cores", "2", "--show-failed-logs", NETWORKS)
    assert result.returncode == 0, result.stdout
    assert jobs(own) == {}
    an_image(own).write_bytes(content)
    assert jobs(own) == EVERYTHING


@pytest.mark.long
def test_a_file_that_a_plugins_option_names_runs_what_the_plugin_decides(own: Path) -> None:
    """A method that somebody adds declares a field of type Path, and nothing else."""
    methods = own / "workflow/scripts/lethe/compress/methods"
    text = (methods / "random.py").read_text()
    text = text.replace('name="random"', 'name="listed"').replace("Options=PostHocOptions", "Options=Options")
    text = text.replace("\ndef compress(", "\nclass Options(PostHocOptions):\n    names: Path\n\n\ndef compress(", 1)
    (methods / "listed.py").write_text(text.replace("import torch\n", "from pathlib import Path\n\nimport torch\n", 1))
    (own / "names.txt").write_text("conv1\n")
    config = (own / CONFIG).read_text()
    method = "  listed: {levels: [0.50], options: {names: names.txt, recalibrate: 4}}\nmeasures:"
    (own / CONFIG).write_text(config.replace("measures:", method))
    target = NETWORKS.replace("magnitude_global", "listed")
    result = snakemake(own, "--configfile", CONFIG, "--cores", "2", "--show-failed-logs", NETWORKS, target)
    assert result.returncode == 0, result.stdout
    both = (own, "--cores", "2", NETWORKS, target)
    assert planned_jobs(*both, config=CONFIG) == {}
    (own / "names.txt").write_text("conv2\n")
    assert planned_jobs(*both, config=CONFIG) == {"compress": 1}
