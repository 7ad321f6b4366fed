"""Which source files decide the result of a job: what `core.code_version` hashes beside what these files import."""

from lethe.core import registry
from lethe.study.grid import Grid


def of_network(grid: Grid) -> str:
    """File of the study's family of networks."""
    return f"lethe/networks/families/{grid.study.model.name}.py"


def of_measure(name: str, grid: Grid) -> list[str]:
    """Files that decide a measure: its own, and the network's if it looks at networks."""
    network = [of_network(grid)] if looks_at_networks(name) else []
    return ["measure.py", f"lethe/measures/results/{name}.py", *network]


def on_device(name: str) -> bool:
    """Whether a measure computes on a device, and so asks for a GPU where there may be one."""
    return bool(registry.literal(registry.MEASURES, name, "resources", default={}).get("gpu"))


def looks_at_networks(name: str) -> bool:
    """Whether a measure is given networks, and so needs torch."""
    return bool({"checkpoint", "dense", "twins", "model"} & set(registry.literal(registry.MEASURES, name, "needs")))
