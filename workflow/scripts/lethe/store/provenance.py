"""The record beside an artefact: which packages made it. No path, host or time, so that equal runs give equal bytes."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version

RECORDED = (
    *("numpy", "torch", "torchvision", "timm", "lightly", "pytorch-metric-learning", "scikit-learn", "scipy"),
    *("pandas", "pyarrow"),
)


def package_versions() -> dict[str, str]:
    """Versions of the packages that can change a number, those that are installed."""
    found = {package: _version(package) for package in RECORDED}
    return {package: number for package, number in found.items() if number is not None}


@cache
def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
