"""What a job's command asks for, in one form for the job that gets it and for the plan that names it.

A file says in its record which command made it, as a digest. What decides nothing stays out: which attempt this is, on
how many cores, where the data set's folder lies. The version of the code stands beside it, so that a plan can say which
of the two differs.
"""

import hashlib
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import PurePath

from lethe.store.job import is_of_some_blocks, short, without_block

DECIDES_NO_RESULT = "whether a result is what is asked for"

CODE, CODE_FILES, NAMED = "--code-version", "--code-files", "--named"
_DECIDES_NOTHING = ("--attempt", "--cores", "--root")
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_INTO_LOG = " &> "


@dataclass(frozen=True)
class Asked:
    """A command of an entry script.

    Attributes:
        digest: of the script's name and of what decides its results.
        alike: the same without the block of seeds, and without files that only some blocks have.
        code: version of the code that the plan knew.
        code_files: the files of which that is the version; none where nothing was planned.
        named: state files of what the config names (`study.paths.INPUTS`).
        words: what the script itself is to parse.
    """

    digest: str
    alike: str
    code: str
    code_files: tuple[str, ...]
    named: tuple[str, ...]
    words: tuple[str, ...]


def asked_by(script: str, words: Sequence[str]) -> Asked:
    """What a script is asked for by the words of its command, as a shell gives them."""
    kept: list[str] = []
    deciding: list[str] = []
    found: dict[str, list[str]] = {CODE: [], CODE_FILES: [], NAMED: []}
    waiting = iter(words)
    for word in waiting:
        name, has_value, value = word.partition("=")
        if name in (*found, *_DECIDES_NOTHING):
            value = value if has_value else next(waiting, "")
            found.setdefault(name, []).append(value)
            if name not in (CODE_FILES, NAMED):
                kept += [f"{name}={value}"]
        else:
            kept.append(word)
            deciding.append(word)
    of_any_block = [without_block(word) for word in deciding if not is_of_some_blocks(word)]
    digest, alike = (_digest([PurePath(script).name, *chosen]) for chosen in (deciding, of_any_block))
    files = tuple(file for text in found[CODE_FILES] for file in text.split(","))
    code = found[CODE][-1] if found[CODE] else ""
    return Asked(digest, alike, code, files, tuple(found[NAMED]), tuple(kept))


def _digest(words: Sequence[str]) -> str:
    return short(hashlib.sha256("\0".join(words).encode(errors="surrogateescape")).hexdigest())


def asked_in_shell(command: str) -> Asked | None:
    """What the command of a rule asks for; None for one that starts no entry script."""
    words = shlex.split(command.rpartition(_INTO_LOG)[0] or command)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        del words[0]
    if len(words) < 2 or words[0] != "python":
        return None
    return asked_by(words[1], [expanded for word in words[2:] for expanded in in_braces(word)])


def in_braces(word: str) -> list[str]:
    """The words that bash makes of `a{b,c}d`: the first braces change slowest.

    The commands of rules quote JSON, in which braces mean something else; it is known by its quotation marks.
    """
    if '"' in word:
        return [word]
    parts = _BRACES.split(word)
    choices = [part.split(",") if number % 2 else [part] for number, part in enumerate(parts)]
    return ["".join(chosen) for chosen in product(*choices)]
