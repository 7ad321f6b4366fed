"""What a config can name: every folder of plug-ins with one line per file, read without importing any of them."""

from lethe.core import registry

# Where a config names them; what a folder not listed here holds is made without being asked for.
ASKED_FOR = {
    registry.SETS: "dataset: {name: ...}",
    registry.FAMILIES: "model: {name: ...}",
    registry.REGIMES: "regimes: {...: {epochs: 10}}",
    registry.METHODS: "compression: {...: {levels: [0.5]}}",
    registry.MEASURES: "measures: {...: false}",
    registry.VIEWS: "regimes: {supervised: {views: [...]}}",
    registry.CORRUPTIONS: "evaluation: {splits: [test, test@...-3]}",
}


def known_plugins() -> str:
    """All plug-ins by folder: `name  what it is`."""
    return "\n\n".join(_folder(room, noun) for room, noun in registry.NOUNS.items())


def _folder(room: str, noun: str) -> str:
    """One folder: a heading that says how a config asks for its files, then a line per file."""
    names = registry.names(room)
    width = max(map(len, names), default=0)
    asked = f"   {ASKED_FOR[room]}" if room in ASKED_FOR else ""
    heading = f"{noun}s{asked}   (workflow/scripts/lethe/{room}/)"
    return "\n".join([heading, *(f"  {name:<{width}}  {summary_of(room, name)}" for name in names)])


def summary_of(room: str, name: str) -> str:
    """What a plug-in says of itself in one line: its summary, or its title where it has none."""
    summary = registry.literal(room, name, "summary", default=None)
    return str(registry.literal(room, name, "title") if summary is None else summary)
