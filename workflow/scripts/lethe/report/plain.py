"""Names as they can stand in a line of text: signs that nobody can see, or that turn text around, are written out.

A class is a folder, and a folder may have any name: with line ends, tabs, control characters, or marks that make what
follows run from right to left. Files of numbers keep such a name as it is; pages and figures show `a\\nb`.
"""

import re

# Control characters, separators of lines and paragraphs, marks that override or isolate directions.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


def plain(text: str) -> str:
    """The text in one line, unseen characters as Python would write them.

    >>> plain("a\\nb"), plain("50 $")
    ('a\\\\nb', '50 $')
    """
    return _UNSEEN.sub(lambda found: ascii(found.group())[1:-1], text)
