"""Packages as pip leaves them, with the metadata that a test wants."""

from importlib.metadata import PathDistribution
from pathlib import Path


def install(folder: Path, name: str, *lines: str, version: str = "1.0", **files: str) -> PathDistribution:
    """A package below a folder: lines of its metadata, and further files by name, `LICENSE` for one."""
    place = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    place.mkdir()
    head = ("Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}")
    (place / "METADATA").write_text("\n".join([*head, *lines, "", "A description.\n"]))
    for file, text in files.items():
        (place / file).write_text(text)
    return PathDistribution(place)
