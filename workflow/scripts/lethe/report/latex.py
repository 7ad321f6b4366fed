"""A table as LaTeX in the booktabs style, to be read with \\input; a long one breaks over pages."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby

import pandas as pd

from lethe.report.plain import plain
from lethe.report.spec import Column, TableSpec

_LONG = 40
_WIDE = 7
_SMALL = "\n{\\scriptsize\\setlength{\\tabcolsep}{3pt}\n"  # a table over several pages is not shrunk to the line
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    "–": "--",
    "—": "---",
    "−": "$-$",
    "\N{NO-BREAK SPACE}": "~",
    "…": r"\dots{}",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "×": r"$\times$",
    "±": r"$\pm$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "°": r"$^\circ$",
    "§": r"\S{}",
    "£": r"\pounds{}",
    "ß": r"\ss{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
}
# Followed by another of its kind, such a sign would become part of another sign.
_LIGATURES = {"-": "-{}", "'": "'{}"}
# Marks that LaTeX sets on letters in every encoding of fonts.
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
}
_DOTLESS = {"i": r"\i", "j": r"\j"}
# What pdfLaTeX's fonts lack stands in the file for LaTeX that reads Unicode, and by its numbers for pdfLaTeX.
_OTHER_SCRIPT = r"\lethescript"
_DEFINITION = (
    rf"\providecommand{{{_OTHER_SCRIPT}}}[2]{{\ifdefined\Umathchar#1\else#2\fi}}"
    "  % other scripts: LuaLaTeX or XeLaTeX, with a font that has them\n"
)
_PARTS = re.compile("[^\x00-\x7f]+|.", re.DOTALL)


def escape(text: str) -> str:
    """Text that LaTeX prints as it stands; unlike that of pandas, in captions too, and with signs that fonts lack.

    Letters with accents, which may be written in one or two characters, become LaTeX's; characters that pdfLaTeX cannot
    print become a command that `latex` defines.
    """
    composed = unicodedata.normalize("NFC", plain(text))
    return "".join(_escaped(found[0], composed[found.end() : found.end() + 1]) for found in _PARTS.finditer(composed))


def _escaped(part: str, following: str) -> str:
    """One sign before another one, or a run of characters beyond ASCII."""
    if part in _LIGATURES and part == following:
        return _LIGATURES[part]
    if part.isascii():
        return _ESCAPES.get(part, part)
    runs = groupby(part, key=lambda character: _letter(character) is None)
    return "".join(
        _of_other_script("".join(run)) if is_other else "".join(str(_letter(character)) for character in run)
        for is_other, run in runs
    )


def _letter(character: str) -> str | None:
    """A character in commands of LaTeX; None where there are none."""
    if character in _ESCAPES:
        return _ESCAPES[character]
    base, *marks = list(unicodedata.normalize("NFD", character))
    if not base.isascii() or len(marks) != 1 or marks[0] not in _ACCENTS:
        return None
    on = _DOTLESS.get(base, base) if marks[0] != "\u0327" else base
    return rf"\{_ACCENTS[marks[0]]}{{{on}}}"


def _of_other_script(run: str) -> str:
    return rf"{_OTHER_SCRIPT}{{{run}}}{{[{' '.join(f'U+{ord(character):04X}' for character in run)}]}}"


def latex(spec: TableSpec, columns: Sequence[Column], common: str) -> str:
    """The table with its caption and the label `tab:{name}`; the first line names the packages it needs.

    Args: common: what all rows have in common, for the caption.
    """
    texts = pd.DataFrame({number: column.texts for number, column in enumerate(columns)}, dtype=object)
    is_long, is_wide = len(texts) > _LONG, len(columns) > _WIDE
    styled = texts.style.hide(axis="index").format(_cell)
    text: str = styled.relabel_index([escape(column.heading) for column in columns], axis="columns").to_latex(
        column_format="".join("r" if column.is_number else "l" for column in columns),
        caption=escape(f"{spec.title}. {spec.caption}" + (f" All rows: {common}." if common else "")),
        label=f"tab:{spec.name}",
        hrules=True,
        environment="longtable" if is_long else "table",
        position_float=None if is_long else "centering",
    )
    if is_long:  # its caption is long, and stands on the first page alone
        text = re.sub(r"(?m)^\\caption\[\].*\n", "", text)
        return rf"% needs \usepackage{{booktabs,longtable}}{_definitions(text)}{_SMALL}{text.rstrip()}}}" + "\n"
    if texts.empty:
        none = rf"\multicolumn{{{len(columns)}}}{{l}}{{none}} \\"
        text = text.replace("\\bottomrule", f"{none}\n\\bottomrule")
    if is_wide:
        text = text.replace(r"\begin{tabular}", "\\resizebox{\\linewidth}{!}{%\n\\begin{tabular}")
        text = text.replace(r"\end{tabular}", r"\end{tabular}}")
    return f"% needs \\usepackage{{booktabs,graphicx}}{_definitions(text)}\n{text}"


def _definitions(text: str) -> str:
    """What a table's text needs beyond packages, on lines of their own."""
    return f"\n{_DEFINITION.rstrip()}" if _OTHER_SCRIPT in text else ""


def _cell(value: object) -> str:
    """One cell; the line break before a row would read a star or a bracket at its beginning as its own."""
    text = escape(str(value))
    return f"{{{text}}}" if text.startswith(("[", "*")) else text
