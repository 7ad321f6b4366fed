"""What a job of each rule asks for beside one core; those of measures stand in their SPECs."""

from collections.abc import Mapping

from lethe.core import registry

MEASURE = "measure_"
_USUAL = {"mem_mb": 2000, "runtime": 30}
_DRAWING = {"mem_mb": 1000, "runtime": 10}
_TRAINING = {"mem_mb": 16000, "runtime": 240, "gpu": 1}
# Memory in MB and time in minutes, generous for large networks on a cluster: a job that loads CUDA needs 3 GB for that
# alone. `gpu` is asked for by rules that compute on a device.
_REQUESTS: Mapping[str, Mapping[str, int]] = {
    "prepare_data": {"runtime": 60},
    "corrupt_split": {"runtime": 60},
    **dict.fromkeys(("draw_labels", "draw_parts"), _DRAWING),
    **dict.fromkeys(("train", "train_twin", "train_compressed"), _TRAINING),  # one rule, twice with other parameters
    "compress": {"mem_mb": 8000, "runtime": 60, "gpu": 1},
    "export_network": {"mem_mb": 4000},
    "make_table": {"runtime": 15},
    "make_figures": {"runtime": 30},
    "make_page": {"runtime": 15},
}


def request_of(rule: str, device: str) -> dict[str, int]:
    """Memory, time and GPUs that a rule's job asks for at its first attempt.

    Args: device: of the study; none asks for a GPU in one that computes on the CPU.
    """
    if rule.startswith(MEASURE):
        own = registry.literal(registry.MEASURES, rule.removeprefix(MEASURE), "resources", default={})
    else:
        own = _REQUESTS.get(rule, {})
    request = {**_USUAL, **own}
    return request if device != "cpu" else {name: amount for name, amount in request.items() if name != "gpu"}


def gpu_rules(device: str) -> frozenset[str]:
    """Rules whose jobs ask for a GPU in a study with this device."""
    rules = [*_REQUESTS, *(MEASURE + name for name in registry.names(registry.MEASURES))]
    return frozenset(rule for rule in rules if request_of(rule, device).get("gpu"))
