"""Numbers for people, and LaTeX."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.core import registry
from lethe.core.errors import SchemaError
from lethe.report.latex import escape, latex
from lethe.report.spec import TableSpec
from lethe.report.table import MISSING, heading, number, readable, shared, table_units, times, unit_of

PLAIN = TableSpec("plain", "", "", (), lambda frames: frames["plain"])
SPECIAL = set("&%$#_{}~^\\")


@given(st.text(alphabet=st.sampled_from("ab1 &%$#_{}~^\\<>–−"), max_size=30))
def test_escaped_text_has_no_bare_special_sign_and_reads_back(text: str) -> None:
    escaped = escape(text)
    # What LaTeX prints: commands become their sign, escaped signs themselves.
    printed = escaped.replace("$-$", "−").replace("--", "–")
    for command, sign in (
        *(("textbackslash", "\\"), ("textasciitilde", "~"), ("textasciicircum", "^")),
        *(("textless", "<"), ("textgreater", ">")),
    ):
        printed = printed.replace(f"\\{command}{{}}", f"\0{sign}")
    bare = re.sub(r"\\[&%$#_{}]|\0.", "", printed)
    assert not SPECIAL & set(bare)
    assert re.sub(r"\\([&%$#_{}])|\0(.)", lambda found: found[1] or found[2], printed) == text


@given(st.floats(0, 1))
def test_shares_are_printed_to_a_hundredth_of_a_percent(share: float) -> None:
    assert abs(float(number(share, "share")) - 100 * share) <= 0.005 + 1e-9


@given(st.floats(-1, 1))
def test_changes_carry_their_sign(change: float) -> None:
    text = number(change, "points")
    assert text == "0.00" or text[0] == ("−" if change < 0 else "+")


def test_p_values_never_print_as_zero() -> None:
    assert number(1e-9, "p") == number(0.0, "p") == "< 0.001"
    assert number(0.0312, "p") == "0.031"


def test_interval_stands_beside_its_estimate_and_missing_is_a_dash() -> None:
    table = pd.DataFrame(
        {
            "method": ["m", "m"],
            "pie_share": [0.25, np.nan],
            "pie_share_low": [0.2, np.nan],
            "pie_share_high": [0.3, np.nan],
        }
    )
    method, share = readable(PLAIN, table, {"pie_share": "share"})
    assert share.texts == ("25.00 [20.00, 30.00]", MISSING)
    assert share.heading == "PIE share (%)" and share.is_number and not method.is_number
    assert share.keys[0] == 0.25


def test_class_names_replace_numbers() -> None:
    (column,) = readable(PLAIN, pd.DataFrame({"label": pd.array([1, None], "Int64")}), {"label": "class"}, {1: "cat"})
    assert column.texts == ("cat", MISSING)


@pytest.mark.slow
def test_latex_is_balanced_and_complete(tables: dict[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        spec, units = registry.load(registry.TABLES, name), table_units(name)
        text = latex(spec, readable(spec, table, units), shared(spec, table))
        assert re.findall(r"\\begin{(\w+)}", text) == re.findall(r"\\end{(\w+)}", text)[::-1]
        plain = re.sub(r"\\[{}]", "", text)
        assert plain.count("{") == plain.count("}")
        columns = len(readable(spec, table, units))
        rows = re.findall(r"(?m)^(.*)\\\\$", text.split(r"\midrule")[-1])
        assert len(rows) == max(1, len(table))  # an empty table has a row over all columns that says so
        assert all(len(re.findall(r"(?<!\\)&", row)) == (columns - 1 if len(table) else 0) for row in rows)


@given(st.integers(0, 10**12))
def test_counts_read_back_and_are_never_percent(count: int) -> None:
    for unit in ("size", "count", "votes"):
        assert int(number(count, unit).replace(",", "")) == count
        assert "%" not in heading("parameters", unit)
    assert number(count, "id") == str(count)  # a name, not a count


@given(st.floats(1e-3, 1e9), st.sampled_from(["operations", "bytes"]))
def test_large_sizes_are_in_millions_to_three_digits(value: float, unit: str) -> None:
    text = number(value * 1e3, unit)
    assert "e" not in text
    assert abs(float(text.replace(",", "")) - value / 1e3) <= 0.0051 * value / 1e3


@given(st.floats(1e-3, 1e5))
def test_times_and_ratios_are_printed_as_they_are(value: float) -> None:
    for text in (number(value, "milliseconds"), times(value).removesuffix("x")):
        assert abs(float(text.replace(",", "")) - value) <= max(0.0051 * value, 0.005 + 1e-12)  # 0.125 lies between two
    assert number(value, "times") == times(value)
    assert heading("milliseconds", "milliseconds", words="compressed") == "compressed (ms)"


def test_a_number_without_a_unit_of_its_own_is_not_multiplied_and_one_that_nobody_stated_is_refused() -> None:
    assert number(0.5, "number") == "0.5" and heading("temperature", "number") == "temperature"
    units = {"pie_share": "share", "flips_low": "count"}
    assert unit_of("pie_share_low", units) == "share" and unit_of("flips_low", units) == "count"
    with pytest.raises(SchemaError, match="'temperature' has no unit"):
        unit_of("temperature", units)


def test_level_says_what_it_counts_and_a_method_its_plug_in() -> None:
    table = pd.DataFrame(
        {
            "method": ["dense", "fold_raw", "random", "quantize"],
            "level": ["0", "0.50", "0.50", "8"],
            "plugin": ["dense", "fold", "random", "quantize"],
            "level_kind": ["none", "channel_sparsity", "sparsity", "bits"],
        }
    )
    method, level = readable(PLAIN, table, {})
    assert method.texts == ("dense", "fold_raw (fold)", "random", "quantize")
    assert level.texts == (MISSING, "50 % of channels", "50 % of weights", "8 bits")
    assert level.keys == (0.0, 0.5, 0.5, 0.75)


def test_a_ratio_stands_beside_its_size_and_a_shared_treatment_above_the_table() -> None:
    table = pd.DataFrame({"treatment": "raw", "bytes": [5.6e6, 1.4e6], "bytes_ratio": [1.0, 4.0]})
    (size,) = readable(PLAIN, table, {"bytes": "bytes"})
    assert size.texts == ("5.60 (1.00x)", "1.40 (4.00x)") and size.keys == (5.6e6, 1.4e6)
    assert shared(PLAIN, table) == "treatment raw"


@pytest.mark.slow
def test_latex_of_a_table_without_rows_says_none(tables: dict[str, pd.DataFrame]) -> None:
    spec = registry.load(registry.TABLES, "contrasts")
    none = tables["contrasts"].iloc[:0]
    text = latex(spec, readable(spec, none, table_units("contrasts")), shared(spec, none))
    assert re.search(r"\\midrule\n\\multicolumn\{\d+\}\{l\}\{none\} \\\\\n\\bottomrule", text)
