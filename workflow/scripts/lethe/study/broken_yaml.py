"""What is wrong with a text that is no YAML, in the words of somebody who writes a config.

PyYAML says where its scanner stopped; what that mostly comes from, and what to write instead, stands here.
"""

import re

import yaml

DECIDES_NO_RESULT = "the words of errors"

# Spaces of other widths, and marks without a width: joiners, directions, a byte-order mark.
_UNSEEN = re.compile("[\xa0\xad\u1680\u2000-\u200f\u202a-\u202f\u205f-\u2064\u2066-\u206f\u3000\ufeff]")

# What PyYAML says, and what a writer did; {0} is the character that it stopped at, {line} where the thing began.
_WORDS = (
    (r"found character '\\t'", "a tab stands where none can; write spaces, not tabs"),
    (r"found character (.+) that cannot start", "a value cannot begin with {0}; write the text in quotes"),
    (
        "mapping values are not allowed",
        "a colon stands where none can; write a space after the colon of every key, begin keys beside each other in "
        "one column, and write a text with a colon in quotes",
    ),
    ("scanning a simple key", "line {line} has no colon; write NAME: VALUE, a space after the colon"),
    (
        "sequence entries are not allowed",
        "a '-' stands where no list can begin; write the list in brackets: NAME: [VALUE, VALUE]",
    ),
    ("mapping keys are not allowed", "a '?' stands where no key can; write NAME: VALUE, and a text in quotes"),
    ("scanning a quoted scalar", "the quote in line {line} is not closed; close it, or double a quote within a text"),
    (
        "scanning a double-quoted scalar",
        "a backslash in double quotes begins a special character; write the text in single quotes",
    ),
    ("scanning an (alias|anchor)", "a text cannot begin with * or &; write it in quotes"),
    (
        "parsing a flow sequence",
        "the list that begins with [ in line {line} is not closed with ], or a comma is missing; "
        "write [VALUE, VALUE], and a text with a bracket in quotes",
    ),
    (
        "parsing a flow mapping",
        "what begins with {{ in line {line} is not closed with }}, or a comma is missing; "
        "write {{NAME: VALUE, NAME: VALUE}}, and a text with a brace in quotes",
    ),
    (
        "parsing a block",
        "this does not go on with what begins in line {line}; begin keys beside each other in one column, and write "
        "nothing behind a closing quote or bracket",
    ),
    ("'<document start>'", "the file's only document has ended before this; remove what follows, or what ended it"),
    (
        "directive|duplicate tag handle|incompatible YAML",
        "a line that begins with % is for YAML itself; remove it, or write the text in quotes",
    ),
    (r"\btag\b", "a text cannot begin with !; no tags are allowed, write the text in quotes"),
    ("scanning a block scalar", "what follows | or > must begin in a new line; write the text in one line in quotes"),
    ("expected the node content", "a value is missing; write one, null, or a text in quotes"),
)


def broken(error: yaml.MarkedYAMLError, text: str) -> str:
    """Where a text is no YAML, and what to do: `, line 3, column 5: this is not YAML: ...`."""
    mark, began = error.problem_mark, error.context_mark or error.problem_mark
    place = "" if mark is None else f", line {mark.line + 1}, column {mark.column + 1}"
    words = _words(error, 0 if began is None else began.line + 1)
    return f"{place}: this is not YAML: {words}{_unseen_line(text)}"


def unseen_in(text: str) -> str:
    """The first character that a reader cannot see or takes for a space: `U+00A0, which ...`; empty for none."""
    found = _UNSEEN.search(text)
    return f"U+{ord(found[0]):04X}, which looks like a space or like nothing" if found else ""


def _unseen_line(text: str) -> str:
    """Where a character stands that a reader does not see."""
    found = _UNSEEN.search(text)
    if found is None:
        return ""
    return f" (line {text.count(chr(10), 0, found.start()) + 1} holds the character {unseen_in(text)})"


def _words(error: yaml.MarkedYAMLError, line: int) -> str:
    """A sentence of ours; PyYAML's own where it says something that stands not in the list."""
    problem = " ".join(part for part in (error.context, error.problem) if part)
    for pattern, words in _WORDS:
        if found := re.search(pattern, problem):
            return words.format(*found.groups(), line=line)
    return f"{problem}; correct the file"
