"""The part of an error message that helps: what is known, and which known name is nearest."""

from collections.abc import Iterable
from difflib import get_close_matches

DECIDES_NO_RESULT = "the words of errors"


def known_names(given: str, known: Iterable[str]) -> str:
    """Sentence that lists the known names and, if one is close, points at it.

    >>> known_names("foldd", ["fold", "random"])
    "known: fold, random; did you mean 'fold'?"
    """
    names = sorted(known)
    listed = f"known: {', '.join(names) or 'none'}"
    nearest = get_close_matches(given, names, n=1)
    return f"{listed}; did you mean '{nearest[0]}'?" if nearest else listed
