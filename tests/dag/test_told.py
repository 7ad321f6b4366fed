"""What is known of the images reaches whoever starts a study, before anything is trained."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.workspace import make_workspace, snakemake

pytestmark = pytest.mark.slow

STUDY = """study: told
dataset: {name: image_folder, root: images, options: {size: 8}}
model: {name: resnet, options: {blocks: [1], width: 4}}
seeds: {count: 2, block: 2}
regimes:
  supervised: {epochs: 1, batch_size: 4, learning_rate: 0.1}
compression:
  magnitude_global: {levels: [0.50]}
"""


def write_images(root: Path, levels: tuple[int, ...], classes: tuple[str, str] = ("cat", "dog")) -> None:
    """Noise in two channels, the third empty; `levels` is how far noise reaches, each an image of each class."""
    generator = np.random.default_rng(0)
    for split in ("train", "test"):
        for name in classes:
            (root / split / name).mkdir(parents=True)
            for number, level in enumerate(levels):
                pixels = generator.integers(0, level, (8, 8, 3), dtype=np.uint8)
                pixels[..., 2] = 0
                Image.fromarray(pixels).save(root / split / name / f"{number}.png")


def prepare(folder: Path, target: str = "results/told/data/train.parquet") -> tuple[int, str]:
    (folder / "studies/told.yaml").write_text(STUDY)
    result = snakemake(folder, target, "--configfile", "studies/told.yaml", "--cores", "1", "--show-failed-logs")
    return result.returncode, result.stdout


def test_a_warning_is_shown_while_the_study_runs_and_stands_in_the_log(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "lethe")
    write_images(folder / "images", (250, 250, 250))
    status, shown = prepare(folder)
    sentence = "warning: The blue channel is 0 in every training image; networks are not shown it.\n"
    assert status == 0 and shown.count(sentence) == 1
    assert sentence in (folder / "results/told/logs/prepare_data.log").read_text()


@pytest.mark.long
def test_characters_that_no_font_has_are_told_while_the_study_runs(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "lethe")
    write_images(folder / "images", (250, 250, 250), ("cat", "\U00014400"))  # an Anatolian hieroglyph
    status, shown = prepare(folder, "results/told/figures/class_recall.png")
    sentence = "warning: No installed font has \U00014400 (U+14400): figures show boxes in their place"
    assert status == 0 and shown.count(sentence) == 1
    assert sentence in (folder / "results/told/logs/make_figures.log").read_text(encoding="utf-8")


def test_a_refusal_is_one_message_and_writes_nothing(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "lethe")
    write_images(folder / "images", (1, 1, 1))
    status, shown = prepare(folder)
    assert status != 0 and "error: all 6 training images are one picture once they are prepared" in shown
    assert "Traceback" not in shown
    assert not [path for path in (folder / "results").rglob("*") if path.suffix in (".npy", ".parquet")]
