"""The reference of a treatment: nothing is removed, and all that happens to a compressed network afterwards happens.

Fine-tuning, recalibration or a new head change predictions by themselves; compared with this network, a compressed one
shows what its compression did. Images and orders are those of every method, as they depend on the seed alone.
"""

from copy import deepcopy
from typing import Literal

import torch
from pydantic import Field

from lethe.compress.deep_inversion import InversionOptions, invert
from lethe.compress.spec import Compressed, CompressSpec, Inputs, PostHocOptions
from lethe.networks.recalibrate import recalibrate
from lethe.networks.spec import Classifier
from lethe.study.treatments import TREATED


class Options(PostHocOptions):
    """What happens; the names are those of the methods that share the cell."""

    rounds: int = Field(default=1, ge=1, description="how often fine-tuning happens")
    repair: Literal["none", "deep_inversion"] = Field(
        default="none", description="statistics of batch-norm from synthetic images, or not"
    )
    inversion: InversionOptions = Field(default=InversionOptions(), description="how synthetic images are made")

    @property
    def repairs(self) -> list[str]:
        """What is done about the statistics of batch-norm, in words."""
        return ["deep inversion"] if self.repair == "deep_inversion" else super().repairs


def compress(
    model: Classifier, level: float, options: Options, inputs: Inputs, generator: torch.Generator
) -> Compressed:
    """A copy of the network, its statistics repaired if the treatment does that."""
    assert level == 0, f"a network of which {level} is gone is not a reference"
    copy = deepcopy(model).eval()
    if options.repair == "deep_inversion":
        recalibrate(copy, invert(model, inputs.pool.shape[1:], options.inversion, generator))
    return Compressed(copy, {})


def rounds(level: float, options: Options) -> tuple[float, ...]:
    """As many as a method that removes a little at a time has, in each of which nothing goes."""
    return (level,) * options.rounds


SPEC = CompressSpec(
    name=TREATED,
    summary="nothing removed; what happens after compression happens",
    source="STATISTICS 4 of this project",
    level_kind="none",
    pairing="post_hoc",
    role="reference",
    control="",
    acts_on="none",
    Options=Options,
    compress=compress,
    rounds=rounds,
)
