"""A table as LaTeX in the booktabs style, to be read with \\input; a long one breaks over pages."""

import re
from collections.abc import Sequence

import pandas as pd

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
    "–": "--",
    "−": "$-$",
}
_SPECIAL = re.compile("|".join(re.escape(sign) for sign in _ESCAPES))


def escape(text: str) -> str:
    """Text that LaTeX prints as it stands; unlike that of pandas, in captions too, and with signs that fonts lack."""
    return _SPECIAL.sub(lambda found: _ESCAPES[found.group()], text)


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
        return rf"% needs \usepackage{{booktabs,longtable}}{_SMALL}{text.rstrip()}}}" + "\n"
    if texts.empty:
        none = rf"\multicolumn{{{len(columns)}}}{{l}}{{none}} \\"
        text = text.replace("\\bottomrule", f"{none}\n\\bottomrule")
    if is_wide:
        text = text.replace(r"\begin{tabular}", "\\resizebox{\\linewidth}{!}{%\n\\begin{tabular}")
        text = text.replace(r"\end{tabular}", r"\end{tabular}}")
    return "% needs \\usepackage{booktabs,graphicx}\n" + text


def _cell(value: object) -> str:
    """One cell; a row that begins with "[" would be read as the optional argument of the line break before it."""
    text = escape(str(value))
    return f"{{{text}}}" if text.startswith("[") else text
