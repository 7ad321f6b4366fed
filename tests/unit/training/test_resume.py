"""A side file belongs to one seed of one plan: whatever else lies in its place, that seed starts again."""

from pathlib import Path

import pytest
import torch

from lethe.networks.checkpoint import write_tensors
from lethe.store.notes import write_note
from lethe.training.resume import Saved, load_state, save_state, side_file
from support.small import states_equal

STATE = {"weight": torch.arange(6.0).reshape(2, 3)}


def test_a_state_comes_back_for_its_own_seed_and_plan_alone(tmp_path: Path) -> None:
    first, second = (side_file(tmp_path / "seeds0-1.safetensors", seed) for seed in (0, 1))
    save_state(first, Saved(3, STATE, {}, {}), "plan")
    found = load_state(first, "plan")
    assert found is not None and found.epoch == 3 and states_equal(found.learner, STATE)
    assert load_state(first, "another plan") is None
    first.rename(second)
    assert load_state(second, "plan") is None and load_state(first, "plan") is None


@pytest.mark.parametrize("kind", ["damaged", "other tensors", "a note"])
def test_what_is_no_state_counts_for_none(tmp_path: Path, kind: str) -> None:
    file = side_file(tmp_path / "seeds0-1.safetensors", 0)
    save_state(file, Saved(3, STATE, {}, {}), "plan")
    if kind == "damaged":
        content = file.read_bytes()
        file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))  # in a weight
    elif kind == "other tensors":
        write_tensors(file, STATE, {"seeds": [0]})
    else:
        write_note(file, {"fingerprint": "plan"})
    assert load_state(file, "plan") is None
