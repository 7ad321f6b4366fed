"""The record beside an artefact: which packages made it. No path, host or time, so that equal runs give equal bytes."""

from importlib.metadata import PackageNotFoundError, version

RECORDED = (
    *("numpy", "torch", "torchvision", "timm", "lightly", "pytorch-metric-learning", "scikit-learn", "scipy"),
    *("pandas", "pyarrow"),
)


def package_versions() -> dict[str, str]:
    """Versions of the packages that can change a number, those that are installed."""
    found: dict[str, str] = {}
    for package in RECORDED:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
