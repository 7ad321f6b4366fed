"""Keys of older configs: they count as they are written now, and a run tells how that is."""

import json
from typing import Any

# What an older key became: a measure, and which of its options; none is whether it is taken at all.
_BECAME: dict[str, tuple[tuple[str, str], ...]] = {
    "cost.latency": (("latency", ""),),
    "cost.batches": (("latency", "batches"),),
    "cost.rounds": (("latency", "rounds"),),
    "evaluation.logits": (("predictions", "logits"),),
    "evaluation.probes": (("probes", ""), ("untrained", ""), ("pixels", "")),
}


def older_keys(values: dict[str, Any]) -> list[str]:
    """A sentence for every older key that a config has: how it is written now."""
    return [f"{key}: now written measures: {{{_written(key, given)}}}" for key, given in _found(values).items()]


def with_older_keys(values: dict[str, Any]) -> dict[str, Any]:
    """A study's values with older keys as they are written now; what `measures` says of a measure itself holds."""
    found, measures = _found(values), values.get("measures", {})
    if not found or not isinstance(measures, dict):
        return values
    meant: dict[str, Any] = {}
    for key, given in found.items():
        for measure, option in _BECAME[key]:
            if not option:
                meant.setdefault(measure, given)
            elif meant.get(measure, True) is not False:  # `latency: false`: the rounds of its timing are for nothing
                earlier = meant.get(measure)
                meant[measure] = {**(earlier if isinstance(earlier, dict) else {}), option: given}
    rest = {**values, "measures": {**meant, **measures}}
    for key in found:
        section, _, name = key.partition(".")
        rest[section] = {other: value for other, value in rest[section].items() if other != name}
        if not rest[section]:
            del rest[section]
    return rest


def _found(values: dict[str, Any]) -> dict[str, Any]:
    """The older keys that are given, with their values, in the order of `_BECAME`."""
    parts = ((key, *key.split(".")) for key in _BECAME)
    sections = ((key, values.get(section), name) for key, section, name in parts)
    return {key: given[name] for key, given, name in sections if isinstance(given, dict) and name in given}


def _written(key: str, given: Any) -> str:
    """What an older key is now, as it is written below `measures:`."""
    value = json.dumps(given)
    return ", ".join(
        f"{measure}: {{{option}: {value}}}" if option else f"{measure}: {value}" for measure, option in _BECAME[key]
    )
