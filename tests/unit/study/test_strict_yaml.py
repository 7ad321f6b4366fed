"""A config is YAML that every reader takes alike: all else is refused with file, line and key, and in no time."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lethe.core.errors import ConfigError
from lethe.study.config_file import read_config_file, read_profile
from lethe.study.plain_scalar import read_scalar
from lethe.study.strict_yaml import DEEPEST, MOST_BYTES, MOST_ENTRIES, Document, read_yaml
from lethe.study.written_yaml import written_yaml
from support.workspace import ROOT

STUDIES = sorted([ROOT / "config.yaml", *(ROOT / "studies").glob("*.yaml")])


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_the_studies_that_are_here_say_what_they_said_to_other_readers(file: Path) -> None:
    assert read_config_file(file) == yaml.safe_load(file.read_text())


@pytest.mark.parametrize(
    ("word", "value"),
    [
        *(("4", 4), ("-3", -3), ("+5", 5), ("0", 0), ("0.50", 0.5), (".5", 0.5), ("5.", 5.0), ("5.0e-4", 0.0005)),
        *(("1e-3", 0.001), ("1E5", 100000.0), ("true", True), ("False", False), ("null", None), ("", None)),
        *(("fold", "fold"), ("im{study}", "im{study}"), ("~/images", "~/images"), ("none", "none"), ("y", "y")),
        *(("1.2.3", "1.2.3"), ("a:b", "a:b"), ("test@fog-3", "test@fog-3"), ("nan", "nan")),
    ],
)
def test_a_word_means_one_thing(word: str, value: Any) -> None:
    read = read_scalar(word)
    assert (read.value, type(read.value), read.mistake) == (value, type(value), "")


# Nine times nine times nine ... entries in a few lines.
BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (letter, letter, b",".join([b"*%c" % (letter - 1)] * 9)) for letter in b"bcdefghijklmnopqrs"
)
REFUSED = [
    ("010", ["take for 8", "write 10,", "'010' in quotes"]),
    ("-010", ["take for -8", "write -10"]),
    ("08", ["write 8"]),
    ("00.5", ["write 0.5"]),
    ("0_10", ["take for 8", "write 10"]),
    ("0x10", ["another base", "'0x10' in quotes"]),
    ("0o17", ["another base"]),
    ("0b101", ["another base"]),
    ("1_000", ["write 1000"]),
    ("1_0.5", ["write 10.5"]),
    ("1:30", ["base 60"]),
    ("190:20:30.15", ["base 60"]),
    ("2001-01-01", ["a date", "'2001-01-01' in quotes"]),
    ("2001-12-14t21:59:43.10-05:00", ["a date"]),
    ("yes", ["take for true", "write true"]),
    ("No", ["take for false", "write false"]),
    ("ON", ["take for true"]),
    ("off", ["take for false"]),
    ("~", ["nothing", "write null"]),
    ("None", ["write null"]),
    ("=", ["in quotes"]),
    (".inf", [".inf given", "no finite number"]),
    ("-.INF", ["-.INF given"]),
    (".nan", ["no finite number"]),
    ("1e400", ["1e400 given", "largest number"]),
    ("9" * 30, ["30 digits"]),
    ("9" * 5000, ["5000 digits"]),
    ("0." + "1" * 400, ["402 characters"]),
    ("90%", ["0.9,", "'90%' in quotes"]),
    ("12.5 %", ["0.125"]),
    ("0,9", ["write a point, 0.9"]),
    ("!!str 010", ["tag !!str given"]),
    ("!!python/object/apply:os.system [ls]", ["tag !!python/object/apply:os.system given"]),
    ("!!binary aGVsbG8=", ["tag !!binary given"]),
    ("!!set {a, b}", ["tag !!set given"]),
    ("!mine x", ["tag !mine given"]),
    ('"\\ud800"', ["U+D800"]),
    ('"a\\0b"', ["U+0000"]),
    ('"a\\nb"', ["a line break"]),
    ("|\n    a\n    b", ["a line break"]),
    ("'" + "x" * 5000 + "'", ["5000 characters", "at most 4096"]),
]


@pytest.mark.parametrize(("word", "expected"), REFUSED, ids=[word[:20] for word, _ in REFUSED])
@pytest.mark.parametrize("text", ["top: 1\nseeds:\n  count: {}\n", "top: 1\n\nseeds: {{count: {}}}\n"])
def test_what_two_readers_take_differently_is_refused_with_line_and_key(
    tmp_path: Path, word: str, expected: list[str], text: str
) -> None:
    if word.startswith("|") and "{{" in text:
        text = "top: 1\nseeds:\n  count: {}\n"
    if word == "0,9" and "{{" in text:
        text = "top: 1\n\nseeds:\n count: {}\n"
    file = tmp_path / "trial.yaml"
    file.write_text(text.format(word))
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "count" in line)
    with pytest.raises(ConfigError) as caught:
        read_config_file(file)
    message = str(caught.value)
    assert message.startswith(f"{file}, line {line}: seeds.count: ")
    for part in expected:
        assert part in message


@pytest.mark.parametrize(
    "key", ["no", "Yes", "on", "1", "010", "1.5", "true", "null", "~", "1:30", "2001-01-01", "=", "90%"]
)
@pytest.mark.parametrize("text", ["a: 1\nb:\n  {}: 2\n", "a: 1\nb: {{{}: 2}}\n", "a: 1\nb:\n- {}: 2\n"])
def test_a_key_that_is_no_text_to_everybody_is_to_be_quoted(key: str, text: str) -> None:
    document = read_yaml(text.format(key), where="trial.yaml")
    (mistake,) = map(str, document.mistakes)
    assert (
        mistake.startswith(f"line {3 if text.count(chr(10)) == 3 else 2}: b") and f"write '{key}' in quotes" in mistake
    )
    assert read_yaml(text.format(f"'{key}'"), where="trial.yaml").mistakes == ()


@pytest.mark.parametrize(
    ("text", "key", "line", "first"),
    [
        ("study: a\nseeds: 1\nstudy: b\n", "study", 3, 1),
        ("a:\n  b: {c: 1, d: 2, c: 3}\n", "a.b.c", 2, 2),
        ("compression:\n  fold: {levels: [0.5]}\n  random: 1\n  fold: {levels: [0.9]}\n", "compression.fold", 4, 2),
        ("views:\n- {crop: 1,\n   'crop': 2}\n", "views[0].crop", 3, 2),
        ('"a": 1\na: 1\n', "a", 2, 1),
        ("\u00e9: 1\ne\u0301: 1\n", "e\u0301", 2, 1),
    ],
)
def test_a_key_that_is_given_twice_is_refused_wherever_it_stands(text: str, key: str, line: int, first: int) -> None:
    (mistake,) = map(str, read_yaml(text, where="trial.yaml").mistakes)
    assert mistake == f"line {line}: {key}: is given twice, first in line {first}; give it once"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "line 3: c.<<: merge keys are not read"),
        ("a: &x 1\nb: &x 2\n", "line 2: b: anchor &x is defined twice"),
        ("&x a: 1\n", "line 1: a: a key has no tag and no anchor"),
    ],
)
def test_other_conveniences_of_yaml_are_refused(text: str, expected: str) -> None:
    assert [str(mistake)[: len(expected)] for mistake in read_yaml(text, where="f").mistakes] == [expected]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a: 1\n---\nb: 2\n", "f, line 2: a second document begins"),
        (b"a: &x [*x]\n", "f, line 1: *x stands inside its own anchor"),
        (b"a: &x {b: {c: *x}}\n", "f, line 1: *x stands inside its own anchor"),
        (b"a: *nowhere\n", "f, line 1: *nowhere has no anchor"),
        (b"? [1, 2]\n: 3\n", "f, line 1: a key must be one word"),
        (b"a: &x b\n*x : 3\n", "f, line 2: a key must be one word"),
        (b"a:\n\t- b\n", "f, line 2, column 1: this is not YAML: a tab stands where none can; write spaces, not tabs"),
        (b"a: 'b\x07'\n", "f, line 1: this is not YAML: it holds the character U+0007"),
        (b"a: 1\nb: \xe9\n", "f, line 2: this is not YAML in UTF-8: it holds the byte 0xe9; save the file as UTF-8"),
        ("a: 1".encode("utf-16"), "f: this is not YAML in UTF-8 but in UTF-16; save the file as UTF-8"),
        ("a: 1".encode("utf-32"), "f: this is not YAML in UTF-8 but in UTF-32; save the file as UTF-8"),
        (b'a: "\\UFFFFFFFF"\n', "f: this is not YAML: "),
        (b"a: " + b"[" * 100 + b"]" * 100, f"f, line 1: more than {DEEPEST} levels deep"),
        (b"[" * 60_000, f"f, line 1: more than {DEEPEST} levels deep"),
        (b"{a: " * 15_000, f"f, line 1: more than {DEEPEST} levels deep"),
        (b"- " * 30_000, f"f, line 1: more than {DEEPEST} levels deep"),
        (b"a: [" + b"1," * 30_000 + b"]", f"f, line 1: more than {MOST_ENTRIES} entries"),
        (BOMB,
         f"f, line 4: more than {MOST_ENTRIES} entries, aliases included"),
        (b"#" * (MOST_BYTES + 1), f"f: longer than {MOST_BYTES} bytes"),
    ],
    ids=range(19),
)  # fmt: skip
def test_what_cannot_be_read_to_its_end_is_told_at_once(content: bytes, expected: str) -> None:
    began = time.process_time()
    with pytest.raises(ConfigError) as caught:
        read_yaml(content, where="f")
    assert time.process_time() - began < 1
    assert str(caught.value).startswith(expected) and "\n" not in str(caught.value)


def test_an_anchor_may_be_used_again_and_a_mark_of_utf_8_is_passed_over() -> None:
    document = read_yaml(b"\xef\xbb\xbfa: &x [1, {b: 2}]\nc: [*x, *x]\n", where="f")
    assert document.values == {"a": [1, {"b": 2}], "c": [[1, {"b": 2}], [1, {"b": 2}]]} and document.mistakes == ()


def test_many_mistakes_are_told_up_to_a_number(tmp_path: Path) -> None:
    file = tmp_path / "trial.yaml"
    file.write_text("".join(f"a{number}: yes\n" for number in range(50)))
    with pytest.raises(ConfigError) as caught:
        read_config_file(file)
    lines = str(caught.value).splitlines()
    assert len(lines) == 21 and lines[-1] == "... and 30 more mistakes"


def test_a_file_of_snakemakes_own_may_be_written_as_it_likes(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("executor: slurm\nkeep-going: yes\nset-resources: {train: {gpu: 0x1}}\n")
    assert read_profile(tmp_path / "config.yaml")["executor"] == "slurm"


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-10**9, 10**9) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdef-_é", min_size=1), inner, max_size=4),
    max_leaves=20,
))  # fmt: skip
def test_what_we_write_is_read_as_it_was_by_everybody(value: Any) -> None:
    text = written_yaml({"a": value})
    assert read_yaml(text, where="f") == Document({"a": value}) and yaml.safe_load(text) == {"a": value}


@pytest.mark.parametrize("text", ["1e5", "010", "90%", "None", "~", "0,9", "0o17", "yes", "", "=", "1_000", "-1.5E-3"])
def test_a_text_that_looks_like_something_else_is_written_in_quotes(text: str) -> None:
    assert read_yaml(written_yaml({"a": text, "b": [text]}), where="f") == Document({"a": text, "b": [text]})
