"""Of which methods sentences claim something: all but those that are there to be compared with."""

from lethe.compare.frames import Frames
from lethe.compare.traits import is_control


def controls(frames: Frames) -> frozenset[str]:
    """Methods that are controls, as the table of accuracies knows; none where it is not there."""
    known = frames.get("accuracy")
    return frozenset() if known is None else frozenset(known.loc[is_control(known), "method"])
