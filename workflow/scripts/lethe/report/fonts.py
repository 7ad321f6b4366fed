"""Fonts for names in other scripts: the report's font has Latin, Greek, Cyrillic and Arabic letters, and few others.

Where a name has a character that it lacks, installed fonts that have it follow it in matplotlib's list of families,
each for the characters that those before it lack. Figures without such names are drawn as if this file were not there.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from lethe.report import style

# Fonts that come with matplotlib and hold no letters of any script: pieces of formulas, and boxes.
_OF_FORMULAS = ("cm", "STIXNonUni", "STIXSiz", "LastResort")


def other_families(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    """Families of installed fonts for what the report's font lacks, and the characters that no font has.

    The best font is the one with most of the characters; of equals the first by its file's name.
    """
    wanted = {character for text in texts for character in text if not character.isspace()}
    lacking = {character for character in wanted if ord(character) not in _characters(_own_font())}
    families: list[str] = []
    fonts = [(file, have) for file in _installed() if (have := _drawn(file, lacking))] if lacking else []
    while lacking and fonts:
        file, have = max(fonts, key=lambda font: len(font[1] & lacking))
        if not have & lacking:
            break
        families.append(_family(file))
        lacking -= have
    return families, sorted(lacking)


def boxes_sentence(missing: Iterable[str]) -> str:
    """What to tell about characters that no font has; empty where there are none."""
    characters = list(missing)
    named = ", ".join(f"{character} (U+{ord(character):04X})" for character in characters[:10])
    more = f" and {len(characters) - 10} others" if len(characters) > 10 else ""
    return (
        f"No installed font has {named}{more}: figures show boxes in their place; install a font that has them, "
        "such as Noto Sans, and make the figures again."
        if characters
        else ""
    )


def _own_font() -> str:
    from matplotlib.font_manager import FontProperties, findfont

    return findfont(FontProperties(family=style.FAMILY))


def _installed() -> Iterator[str]:
    """Files of installed fonts and of those that come with matplotlib, by name, so that equal machines choose alike."""
    from matplotlib import get_data_path
    from matplotlib.font_manager import findSystemFonts

    shipped = [str(file) for file in Path(get_data_path(), "fonts/ttf").glob("*.ttf")]
    found = {*findSystemFonts(), *shipped}
    yield from sorted(found, key=lambda file: (Path(file).name, file))


@cache
def _characters(file: str) -> frozenset[int]:
    """Characters that a font has; none where it cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(file).get_charmap())
    except (RuntimeError, OSError):
        return frozenset()


def _drawn(file: str, wanted: set[str]) -> set[str]:
    """Those of the characters that a font has and that can be drawn: of fonts made of pictures none can."""
    from matplotlib.ft2font import FT2Font

    have = {character for character in wanted if ord(character) in _characters(file)}
    if not have or Path(file).stem.startswith(_OF_FORMULAS):
        return set()
    try:
        font = FT2Font(file)
        font.set_size(9, 100)
        for character in have:
            font.load_char(ord(character))
    except (RuntimeError, OSError):
        return set()
    return have


def _family(file: str) -> str:
    """The family of a font's file, known to matplotlib from here on."""
    from matplotlib.font_manager import fontManager
    from matplotlib.ft2font import FT2Font

    family: str = FT2Font(file).family_name
    if not any(entry.fname == file for entry in fontManager.ttflist):
        fontManager.addfont(file)
    return family
