"""The cubic schedule of gradual pruning: which share of the weights is gone at a step of training.

s_t = s_f (1 - (1 - (t - t0) / (t1 - t0))^3) from step t0 to step t1, read every few steps: fast at first, while many
weights are superfluous, slow at the end.
Source: Zhu and Gupta 2017, arXiv:1710.01878, equation 1 with an initial sparsity of 0.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class CubicSchedule:
    """Sparsity rises at the steps begin, begin + every, ..., and at end, where it reaches `final`."""

    final: float
    begin: int
    end: int
    every: int

    def is_update(self, step: int) -> bool:
        """Whether the sparsity is raised before this step."""
        return step == self.end or (self.begin <= step < self.end and (step - self.begin) % self.every == 0)

    def sparsity(self, step: int) -> float:
        """What is gone while this step is taken: the curve's value at the last update."""
        if step < self.begin:
            return 0.0
        updated = self.end if step >= self.end else step - (step - self.begin) % self.every
        left = 1 - (updated - self.begin) / (self.end - self.begin)
        return self.final * (1 - left**3)
