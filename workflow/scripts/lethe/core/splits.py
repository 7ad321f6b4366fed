"""Names of splits: `test`, `validation`, `train`, and corrupted copies of the test images: `test@gaussian_noise-3`.

A config may ask for many at once: `test@*-3` is every corruption at severity 3, `test@fog-*` is fog at every severity.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lethe.core import registry
from lethe.core.errors import ConfigError

TEST, VALIDATION, TRAIN = "test", "validation", "train"
# The attribute that holds the class an example had before its label was changed.
TRUE_CLASS = "true_class"
YES, NO = "yes", "no"  # whether something was planted in an example
ORDINARY = (TEST, VALIDATION, TRAIN)
SEVERITIES = (1, 2, 3, 4, 5)
CORRUPTED = "test@{corruption}-{severity}"
_ALL = "*"


@dataclass(frozen=True)
class Corrupted:
    """A corrupted copy of the test images; `str` gives its name."""

    corruption: str
    severity: int

    def __str__(self) -> str:
        return CORRUPTED.format(corruption=self.corruption, severity=self.severity)


def is_corrupted(name: str) -> bool:
    """Whether a split's name is that of a corrupted copy."""
    return "@" in name


def parse_corrupted(name: str) -> Corrupted:
    """What the name of a corrupted split says.

    >>> parse_corrupted("test@fog-3")
    Corrupted(corruption='fog', severity=3)

    Raises: ConfigError: not the name of one corrupted split.
    """
    found = expand(name)
    if not is_corrupted(name) or found != (name,):
        raise ConfigError(f"'{name}' given; write one corrupted split such as {Corrupted('fog', 3)}")
    corruption, severity = _parts(name)
    return Corrupted(corruption, int(severity))


def expand(written: str, *, color: bool = True) -> tuple[str, ...]:
    """The splits that one entry of a config asks for, corruptions in alphabetical order, then rising severities.

    Args: color: whether the images have colours; without, `*` leaves out what only changes colours.
    Raises: ConfigError: no such split, corruption or severity.
    """
    if not is_corrupted(written):
        if written not in ORDINARY:
            raise ConfigError(
                f"allowed: 'test', 'validation' or 'train', or corrupted test images such as '{Corrupted('fog', 3)}'"
            )
        return (written,)
    corruption, severity = _parts(written)
    corruptions = (
        [name for name in registry.names(registry.CORRUPTIONS) if color or not needs_color(name)]
        if corruption == _ALL
        else [corruption]
    )
    severities = SEVERITIES if severity == _ALL else (int(severity),)
    return tuple(str(Corrupted(name, number)) for name in corruptions for number in severities)


def expand_all(written: Sequence[str], *, color: bool = True) -> tuple[str, ...]:
    """The splits that all entries ask for, in the order of the entries.

    Raises: ConfigError: a split is asked for twice, or corrupted ones without the clean ones.
    """
    asked_by: dict[str, str] = {}
    for entry in written:
        for name in expand(entry, color=color):
            if name in asked_by:
                raise ConfigError(f"split '{name}' is asked for twice, by '{asked_by[name]}' and '{entry}'; ask once")
            asked_by[name] = entry
    if any(is_corrupted(name) for name in asked_by) and "test" not in asked_by:
        raise ConfigError("corrupted images are compared with the clean ones; add 'test' to the list")
    return tuple(asked_by)


def needs_color(corruption: str) -> bool:
    """Whether a corruption does nothing to grey images."""
    return bool(registry.literal(registry.CORRUPTIONS, corruption, "color", default=False))


def color_only(written: Sequence[str]) -> list[str]:
    """Entries that name a corruption which only changes colours."""
    return [entry for entry in written if is_corrupted(entry) and _parts(entry)[0] != _ALL and _needs(entry)]


def _needs(entry: str) -> bool:
    return needs_color(_parts(entry)[0])


def _parts(written: str) -> tuple[str, str]:
    """Kind and severity as written, either of them perhaps `*`."""
    base, _, rest = written.partition("@")
    corruption, dash, severity = rest.rpartition("-")
    if base != "test":
        raise ConfigError(f"only the test images are corrupted; write test@{rest}")
    if not dash or not corruption:
        raise ConfigError("a corrupted split is written test@KIND-SEVERITY; either may be * for all")
    if corruption != _ALL:
        registry.require(registry.CORRUPTIONS, corruption)
    if severity != _ALL and severity not in map(str, SEVERITIES):
        raise ConfigError(f"severity '{severity}' is not known; allowed: {SEVERITIES[0]} to {SEVERITIES[-1]}, or *")
    return corruption, severity
