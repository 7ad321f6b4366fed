"""What a word without quotes means in a config: a truth, a number, nothing or a text, and never two of them.

YAML's versions read some words differently (`010`, `1:30`, `no`). None of these is guessed at: each is refused with
the way to write what was meant.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from lethe.core.allowed import shortened

_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOTHING = {"", "null", "Null", "NULL"}
_OTHER_NOTHING = {
    "~": "which stands for nothing; write null, or leave the key out",
    "None": "which is a text to YAML; write null for nothing, or leave the key out",
}
_OLD_TRUTHS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_MOST_DIGITS = 18  # what every program that reads a number takes
_LONGEST_DECIMAL = 40


@dataclass(frozen=True)
class Scalar:
    """What a word means; where it is refused `value` is its text, and `mistake` says why and what to write."""

    value: bool | int | float | str | None
    mistake: str = ""


def read_scalar(word: str) -> Scalar:
    """A word without quotes.

    >>> read_scalar("0.50").value, read_scalar("null").value, read_scalar("fold").value
    (0.5, None, 'fold')
    >>> read_scalar("010").mistake
    "010 given, which some readers of YAML take for 8; write 10, or '010' in quotes for a text"
    """
    if word in _NOTHING:
        return Scalar(None)
    if word in _TRUTHS:
        return Scalar(_TRUTHS[word])
    if _WHOLE.fullmatch(word):
        return _number(word, is_whole=True)
    if _DECIMAL.fullmatch(word):
        return _number(word, is_whole=False)
    advice = _advice(word)
    return Scalar(word, f"{shortened(word)} given, {advice}" if advice else "")


def _number(word: str, *, is_whole: bool) -> Scalar:
    """A number in decimal digits, unless it is larger or longer than anything here can be."""
    if is_whole:
        digits = word.lstrip("+-")
        if len(digits) > _MOST_DIGITS:
            return Scalar(word, f"a number of {len(digits)} digits given; at most {_MOST_DIGITS} are allowed")
        return Scalar(int(word))
    if len(word) > _LONGEST_DECIMAL:
        return Scalar(word, f"a number of {len(word)} characters given; at most {_LONGEST_DECIMAL} are allowed")
    value = float(word)
    if not math.isfinite(value):
        return Scalar(word, f"{word} given, which is beyond the largest number; write a smaller one")
    return Scalar(value)


def _advice(word: str) -> str:
    """Why a word is refused, and what to write instead; empty for a word that is a text to everybody."""
    if word in _OTHER_NOTHING:
        return _OTHER_NOTHING[word]
    why = _old_truth(word) or next((why for pattern, why in _RELICS if re.fullmatch(pattern, word)), "")
    reason = why(word) if callable(why) else why
    return f"{reason}, or '{shortened(word)}' in quotes for a text" if reason else ""


def _old_truth(word: str) -> str:
    truth = _OLD_TRUTHS.get(word.lower(), "")
    is_one = truth and word in {word.lower(), word.upper(), word.capitalize()}
    return f"which some readers of YAML take for {truth}; write {truth}" if is_one else ""


def _leading_zero(word: str) -> str:
    """What `010` is to some readers, and how its number is written."""
    sign, digits = ("-" if word[0] == "-" else ""), word.lstrip("+-").replace("_", "")
    plain = re.sub("^0+(?=[0-9])", "", digits)
    is_octal = re.fullmatch("0[0-7]+", digits) is not None and len(digits) <= _MOST_DIGITS
    taken = f"{sign}{int(digits, 8)}" if is_octal else "a text"
    return f"which some readers of YAML take for {taken}; write {sign}{shortened(plain)}"


def _grouped(word: str) -> str:
    return f"which some readers of YAML take for a text; write {shortened(word.replace('_', ''))}"


def _percent(word: str) -> str:
    share = float(word.rstrip("% ")) / 100 if len(word) <= _LONGEST_DECIMAL else 0.9
    return f"which is a text to YAML; write a share as a fraction, {share:g}"


def _comma(word: str) -> str:
    return f"which is a text to YAML; write a point, {shortened(word.replace(',', '.'))}"


_RELICS: tuple[tuple[str, str | Callable[[str], str]], ...] = (
    ("=", "which some readers of YAML take for a default; write another word"),
    (r"[-+]?0[0-9_]+(\.[0-9_]*)?([eE][-+]?[0-9]+)?", _leading_zero),
    (
        r"[-+]?(0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+)",
        "which some readers of YAML take for a number in another base; write it in decimal digits",
    ),
    (r"[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?", _grouped),
    (r"[-+]?[0-9]+\.[0-9_]*_[0-9_]*([eE][-+]?[0-9]+)?", _grouped),
    (
        r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?",
        "which some readers of YAML take for a number to the base 60; write a decimal number",
    ),
    (
        r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?",
        "which some readers of YAML take for a date; write a number",
    ),
    (r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "which is no finite number; write one"),
    (r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+) ?%", _percent),
    (r"[-+]?[0-9]+,[0-9]+", _comma),
)
