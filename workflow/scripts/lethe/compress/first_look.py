"""Whether there are as many images as a method that looks at labels looks at: asked of the method before any job.

How many it looks at may be an option of any name, or a number in its file. So it is called as a job would call it, with
as many images as there are, all black, and ends once it has got the labelled ones.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from lethe.compress.channels import ChannelGroup
from lethe.compress.enough_images import labelled_counts
from lethe.compress.spec import Inputs
from lethe.core import registry
from lethe.core.errors import ConfigError
from lethe.core.options import read_options
from lethe.core.time_limit import OutOfTime, time_limit
from lethe.networks.spec import Classifier
from lethe.study.config import Study
from lethe.study.grid import Grid

DECIDES_NO_RESULT = "refuses configs before any job"


class _EnoughSeen(Exception):
    """The method has asked for its labelled images."""


@dataclass(frozen=True)
class _FirstLook(Inputs):
    """Images of which a method gets no labelled ones; `refused` says why it could not get them."""

    refused: list[str] = field(default_factory=list)

    def labelled_images(self, count: int, *, purpose: str) -> Any:
        """End the method, whether it could have these or not."""
        try:
            super().labelled_images(count, purpose=purpose)
        except ConfigError as error:
            self.refused.append(str(error))
        raise _EnoughSeen


def too_few_labelled(
    study: Study,
    method: str,
    model: Classifier,
    image_shape: Sequence[int],
    groups: tuple[ChannelGroup, ...] | None,
    *,
    seconds: float,
) -> Iterator[str]:
    """Refusals of a method that looks at more labelled images than a regime has, a sentence for each regime.

    Args:
        method: one whose SPEC says that it looks at labels.
        model: the study's network, whatever its weights; it is left as it was.
        image_shape: channels, height, width of the images it takes.
        groups: its coupled channels, for a method that needs them.
        seconds: how long the method may take to look; one that takes longer is left to its job.
    """
    spec = registry.load(registry.METHODS, study.plugin(method))
    act = spec.compress if spec.pairing == "post_hoc" else spec.start
    level = float(study.compression[method].levels[0])
    for regime, (num_images, num_labelled) in labelled_counts(study).items():
        if not Grid(study).is_applied(method, regime):
            continue
        options = read_options(spec.Options, study.method_options(method, regime))
        pool = np.broadcast_to(np.zeros((), np.uint8), (num_images, *image_shape))
        labels = np.where(np.arange(num_images) < num_labelled, 0, -1)
        inputs = _FirstLook(pool, np.arange(num_images), torch.device("cpu"), groups, labels)
        # What else it says of a network without training is for its job to judge.
        with suppress(Exception, OutOfTime), time_limit(seconds):
            act(model, level, options, inputs, torch.Generator().manual_seed(0))
        yield from (f"compression.{method}, regime '{regime}': {said}" for said in inputs.refused)
