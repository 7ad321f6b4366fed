"""A study in plain words: what the config asks for, and how many networks that is."""

from pathlib import Path

import yaml

from lethe.run.description import described
from lethe.study.config import read_study
from lethe.study.config_file import read_study_file
from lethe.study.grid import Grid

ROOT = Path(__file__).resolve().parents[3]

STUDY = """
study: trial
dataset: {name: toy}
model: {name: resnet, options: {blocks: [1, 1], width: 4}}
seeds: {count: 4, block: 2}
labels: {per_class: 3}
regimes:
  supervised: {epochs: 6}
  early: {plugin: supervised, epochs: 2}
compression:
  random: {levels: [0.5, 0.30], regimes: [early]}
  quantize: {levels: [8]}
  gmp: {levels: [0.9]}
evaluation: {splits: [test, test@fog-2]}
measures: {latency: false, cost: true}
generalisation: {label_noise: [0.1], train_sizes: [20]}
"""


def test_every_part_of_a_config_is_said_in_words() -> None:
    text = described(Grid(read_study(yaml.safe_load(STUDY), where="trial.yaml")))
    for words in (
        "study        'trial'; everything it makes goes to results/trial/\n",
        "seeds        4 networks per cell, 2 per job: seeds 0-1, 2-3\n",
        "labels       3 per class, for regimes that use some\n",
        "regimes      supervised: cross entropy with all labels [epochs 6]\n",
        "             early (plugin supervised): cross entropy with all labels [epochs 2]\n",
        "random at sparsity 0.30, 0.50 (for early): weights removed at random",
        "quantize at 8 bits: ",
        "the splits test, test@fog-2\n",
        "             trained again with 10 % of the labels replaced by random classes\n"
        "             trained again with 20 images\n",
        # 2 regimes x 4 seeds, dense and under gmp; further trainings of the first block alone: 2 x 2 regimes x 2 seeds
        "24 networks trained, 16 compressed from them; 8 cells, dense ones too",
    ):
        assert words in text, text
    assert "latency" not in text


def test_every_study_of_the_project_can_be_described() -> None:
    for file in [ROOT / "config.yaml", *(ROOT / "studies").glob("*.yaml")]:
        assert "networks trained" in described(Grid(read_study_file(file)))
