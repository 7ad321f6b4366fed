"""What the study found, in sentences filled from the report's tables, gathered from the files of `report/sentences`."""

from dataclasses import replace
from textwrap import fill

from lethe.compare.frames import Frames
from lethe.core import registry
from lethe.report.spec import LAST, Facts, Headline, SentenceSpec


def headlines(tables: Frames, facts: Facts) -> list[Headline]:
    """The headlines of every group whose tables are there, in the order that the groups state.

    Args: tables: the report's tables by name.
    """

    def order(name: str) -> tuple[int, str]:
        return registry.literal(registry.SENTENCES, name, "order", default=LAST), name

    specs: list[SentenceSpec] = [
        registry.load(registry.SENTENCES, name) for name in sorted(registry.names(registry.SENTENCES), key=order)
    ]
    found: list[Headline] = []
    for spec in specs:
        if set(spec.reads) <= set(tables):
            read = {name: tables[name] for name in (*spec.reads, *spec.may_read) if name in tables}
            found.extend(replace(headline, chapter=spec.chapter) for headline in spec.build(read, facts))
    return found


def as_text(found: list[Headline], width: int = 100) -> str:
    """The headlines for a terminal."""
    lines = [
        fill(f"{headline.subject}: {' '.join(headline.sentences)}", width, initial_indent="* ", subsequent_indent="  ")
        for headline in found
    ]
    return "\n".join(lines) + "\n"
