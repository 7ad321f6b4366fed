"""The part of an error message that helps: what is known, and which known name is nearest."""

from collections.abc import Iterable
from difflib import get_close_matches

DECIDES_NO_RESULT = "the words of errors"

_MOST_LISTED = 40


def known_names(given: str, known: Iterable[str]) -> str:
    """Sentence that lists the known names, of very many the first ones, and, if one is close, points at it.

    >>> known_names("foldd", ["fold", "random"])
    "known: fold, random; did you mean 'fold'?"
    """
    names = sorted(known)
    left_out = len(names) - _MOST_LISTED
    more = f", and {left_out} more" if left_out > 0 else ""
    listed = f"known: {', '.join(names[:_MOST_LISTED]) or 'none'}{more}"
    nearest = get_close_matches(given, names, n=1)
    return f"{listed}; did you mean '{nearest[0]}'?" if nearest else listed
