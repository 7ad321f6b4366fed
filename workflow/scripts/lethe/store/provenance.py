"""The record beside an artefact: which code and packages made it. No path, host or time: equal runs, equal bytes."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from statistics import fmean
from typing import Any

DECIDES_NO_RESULT = "the record beside a result"

RECORDED = (
    *("numpy", "torch", "torchvision", "timm", "lightly", "pytorch-metric-learning", "scikit-learn", "scipy"),
    *("pandas", "pyarrow"),
)


def made_by(code_version: str, *, also: Sequence[str] = ()) -> dict[str, Any]:
    """What every record says of how its artefact was made.

    Args: also: packages beside the usual ones that decide this artefact.
    """
    return {"code_version": code_version, "packages": package_versions(also)}


def package_versions(also: Sequence[str] = ()) -> dict[str, str]:
    """Versions of the packages that can change a number, those that are installed."""
    found = {package: _version(package) for package in (*RECORDED, *also)}
    return {package: number for package, number in found.items() if number is not None}


def networks_record(record: dict[str, Any]) -> dict[str, Any]:
    """What a file of some networks says of them, for what is made from it to say again.

    Args: record: of a checkpoint, or of a file that was made from one.
    Returns: `regime`, `method`, `level`, `traits` (what the method is, see `networks.checkpoint.Traits`), `achieved`
        (the share of what its level counts that is gone, a mean over the first block's seeds), `regime_plugin`,
        `stop_after`, `classes`; without the method of a file of several cells, nothing of a file of no regime.
    """
    if "regime_plugin" not in record:
        return {}
    cell = record.get("cell", record)  # a checkpoint names its cell outright
    return {
        **{key: cell[key] for key in ("regime", "method", "level") if key in cell},
        **({"traits": record["traits"]} if "traits" in record else {}),
        **_achieved(record),
        "regime_plugin": record["regime_plugin"],
        "stop_after": record.get("regime_options", record).get("stop_after"),
        "classes": record.get("architecture", record).get("classes"),
    }


def _achieved(record: dict[str, Any]) -> dict[str, float]:
    """How much of what the level counts is gone, if the record says it; a number of bits is what it says."""
    if "achieved" in record:
        return {"achieved": record["achieved"]}
    shares = record.get(f"{record.get('traits', {}).get('level_kind')}_achieved")
    return {"achieved": fmean(shares)} if shares else {}


@cache
def _version(package: str) -> str | None:
    """A package's version; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
