"""Named sources of randomness: a replicate's draws depend on (study seed, seed, name), on nothing else."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np


@dataclass(frozen=True)
class Replicate:
    """One training run of a study: seed 7 is the same network whatever its block or its neighbours.

    Every use of randomness has a name ("init", "order", "augmentation", "labels", "compression"), so that
    drawing more in one place moves nothing in another. Numbers after the name, such as an epoch, give each
    its own independent stream: training that resumes at epoch 5 needs no stored generator state.
    """

    study_seed: int
    seed: int

    def integer(self, name: str, *parts: int) -> int:
        """A seed in 0 .. 2**63 - 1 for another library's generator."""
        return int(self._sequence(name, *parts).generate_state(1, np.uint64)[0] >> np.uint64(1))

    def numpy(self, name: str, *parts: int) -> np.random.Generator:
        """A numpy generator for one named use."""
        return np.random.default_rng(self._sequence(name, *parts))

    def _sequence(self, name: str, *parts: int) -> np.random.SeedSequence:
        return np.random.SeedSequence([self.study_seed, self.seed, crc32(name.encode()), *parts])


def study_generator(study_seed: int, name: str, *parts: int) -> np.random.Generator:
    """A numpy generator for a draw that belongs to the study, not to one of its seeds; `parts` as above."""
    return np.random.default_rng(np.random.SeedSequence([study_seed, crc32(name.encode()), *parts]))
