"""A table as LaTeX in the booktabs style, to be read with \\input; a long one breaks over pages."""

import re
from collections.abc import Mapping

import pandas as pd

from lethe.report.spec import TableSpec
from lethe.report.words import Column, readable, shared

_LONG = 40
_WIDE = 7
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
    "–": "--",
    "−": "$-$",
}
_SPECIAL = re.compile("|".join(re.escape(sign) for sign in _ESCAPES))


def escape(text: str) -> str:
    """Text that LaTeX prints as it stands."""
    return _SPECIAL.sub(lambda found: _ESCAPES[found.group()], text)


def latex(spec: TableSpec, table: pd.DataFrame, units: Mapping[str, str]) -> str:
    """The table with its caption and the label `tab:{name}`; the first line names the packages it needs."""
    columns = readable(spec, table, units)
    common = shared(spec, table)
    caption = escape(f"{spec.title}. {spec.caption}" + (f" All rows: {common}." if common else ""))
    lines = _long(spec, columns, caption) if len(table) > _LONG else _short(spec, columns, caption)
    return "\n".join(lines) + "\n"


def _short(spec: TableSpec, columns: list[Column], caption: str) -> list[str]:
    """A floating table, shrunk to the line where it is wide."""
    wide = len(columns) > _WIDE
    return [
        r"% needs \usepackage{booktabs,graphicx}",
        r"\begin{table}",
        rf"\caption{{{caption}}}",
        rf"\label{{tab:{spec.name}}}",
        r"\centering",
        *([r"\resizebox{\linewidth}{!}{%"] if wide else []),
        rf"\begin{{tabular}}{{{_alignment(columns)}}}",
        r"\toprule",
        _heading(columns),
        r"\midrule",
        *_rows(columns),
        r"\bottomrule",
        r"\end{tabular}" + ("}" if wide else ""),
        r"\end{table}",
    ]


def _long(spec: TableSpec, columns: list[Column], caption: str) -> list[str]:
    """A small table over several pages, its heading repeated."""
    return [
        r"% needs \usepackage{booktabs,longtable}",
        r"{\scriptsize\setlength{\tabcolsep}{3pt}",
        rf"\begin{{longtable}}{{{_alignment(columns)}}}",
        rf"\caption{{{caption}}}\label{{tab:{spec.name}}}\\",
        *(r"\toprule", _heading(columns), r"\midrule", r"\endfirsthead"),
        *(r"\toprule", _heading(columns), r"\midrule", r"\endhead"),
        *(r"\bottomrule", r"\endlastfoot"),
        *_rows(columns),
        r"\end{longtable}}",
    ]


def _alignment(columns: list[Column]) -> str:
    return "".join("r" if column.is_number else "l" for column in columns)


def _heading(columns: list[Column]) -> str:
    return " & ".join(escape(column.heading) for column in columns) + r" \\"


def _rows(columns: list[Column]) -> list[str]:
    """The rows as lines; one over all columns where there is none."""
    if columns and not columns[0].texts:
        return [rf"\multicolumn{{{len(columns)}}}{{l}}{{none}} \\"]
    # Braces: a row that begins with "[" would be read as the optional argument of the line break before it.
    return [
        " & ".join(f"{{{escape(text)}}}" if text.startswith("[") else escape(text) for text in texts) + r" \\"
        for texts in zip(*(column.texts for column in columns), strict=True)
    ]
