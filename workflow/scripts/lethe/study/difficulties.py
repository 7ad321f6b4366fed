"""Which measures of difficulty there are, and what each looks at: read from literals, so that nothing imports torch."""

from collections.abc import Mapping
from typing import Any

from lethe.core import registry

POPULATION, NETWORK = "population", "network"


def of_populations() -> tuple[str, ...]:
    """Those that are taken of all networks of a regime at once."""
    return _of(POPULATION)


def of_networks(*, default: bool = False) -> tuple[str, ...]:
    """Those that look into every network.

    Args: default: only those that are taken unless the config names others.
    """
    return tuple(name for name in _of(NETWORK) if not default or _stated(name, "default", True))


def asked_of_networks(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Those that a measure takes which looks into networks, by its options."""
    asked = options.get("kinds")
    return of_networks(default=True) if asked is None else tuple(sorted(set(asked)))


def title_of(kind: str) -> str:
    """What a measure of difficulty is called."""
    return str(_stated(kind, "title", kind))


def needs_of(kind: str) -> tuple[str, ...]:
    """What it needs, see `difficulty.spec`."""
    return tuple(_stated(kind, "needs", ()))


def _of(what: str) -> tuple[str, ...]:
    return tuple(name for name in registry.names(registry.DIFFICULTIES) if _stated(name, "of", "") == what)


def _stated(name: str, field: str, default: Any) -> Any:
    return registry.literal(registry.DIFFICULTIES, name, field, default=default)
