"""More unlabelled images per step than there are: refused before the first step, and what an epoch is otherwise."""

from dataclasses import replace
from pathlib import Path

import pytest

from lethe.core.errors import ConfigError
from lethe.data.labelled import labelled_frame
from lethe.data.store import BothSplits
from lethe.training.block import train_block
from support.small import small_plan, toy_data


def test_a_batch_larger_than_the_data_is_refused(tmp_path: Path) -> None:
    train, test = toy_data(tmp_path)
    labelled = labelled_frame(train.labels, train.example_ids, (0,), study_seed=0, per_class=4, share=None)
    plan = replace(small_plan((0,), regime_name="fixmatch", batch_size=16, unlabelled_ratio=7), labelled=labelled)
    message = r"112 images per step asked for \(batch_size, times unlabelled_ratio .*but there are 96 training images"
    with pytest.raises(ConfigError, match=message):
        train_block(plan, BothSplits(train, test), tmp_path / "out.safetensors", lambda step: None)


def test_an_epoch_passes_over_all_images_as_unlabelled_ones() -> None:
    options = small_plan(regime_name="fixmatch", batch_size=8, unlabelled_ratio=3, epochs=5).options
    assert options.total_steps(100) == 5 * (100 // 24)
