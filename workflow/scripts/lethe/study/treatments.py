"""What happens to a network after it was compressed, as the config asks for it, and the name of its level-0 cell.

Fine-tuning, recalibration or a new head change predictions by themselves. So every treatment of a regime's networks has
a cell in which nothing is removed and the same happens: the reference of all cells with that treatment. Two methods
share it where everything that happens after compression is the same, numbers included.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from lethe.core import registry

TREATED = "treated"
# Options of `compress.treated` with the values that do nothing.
NOTHING: dict[str, Any] = {
    "finetune_epochs": 0,
    "finetune_learning_rate": 0.01,
    "recalibrate": 0,
    "head": "stale",
    "rounds": 1,
    "repair": "none",
    "inversion": {},
}
_OF_FINETUNING = ("finetune_epochs", "finetune_learning_rate", "rounds")
_DIGITS = 6


def treatment_options(plugin: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """What a method's options say of the time after compression, without what does nothing; empty for nothing at all.

    Args:
        plugin: the method's file; its SPEC says under `after` which defaults differ from NOTHING's.
        options: as the config gives them.
    """
    own = registry.literal(registry.METHODS, plugin, "after", default={})
    known = {**NOTHING, **own, **options}
    asked = {name: known[name] for name in NOTHING}
    if not asked["finetune_epochs"]:
        asked |= {name: NOTHING[name] for name in _OF_FINETUNING}
    if asked["repair"] != "deep_inversion":  # the others are recalibration, or nothing where no channel is merged
        asked |= {name: NOTHING[name] for name in ("repair", "inversion")}
    kept = _OF_FINETUNING if asked["finetune_epochs"] else ()
    kept = (*kept, "repair", "inversion") if asked["repair"] != NOTHING["repair"] else kept
    return {name: value for name, value in asked.items() if name in kept or value != NOTHING[name]}


def treated_name(options: Mapping[str, Any]) -> str:
    """The name of the cell with that treatment, as it stands in paths."""
    text = json.dumps(options, sort_keys=True)
    return f"{TREATED}_{hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]}"


def is_treated(method: str) -> bool:
    """Whether a name is that of a cell in which nothing is removed."""
    return method.startswith(f"{TREATED}_")
