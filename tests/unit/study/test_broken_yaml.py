"""Text that is no YAML is told in the words of somebody who writes a config; what cannot be seen is named."""

import re

import pytest

from lethe.core.errors import ConfigError
from lethe.study.config import read_study
from lethe.study.strict_yaml import read_yaml

# Of PyYAML's own language; a reader knows lists, keys, texts and lines.
FOREIGN = re.compile("scann|token|pars|scalar|mapping|sequence|<|flow|node|stream|escape seq", re.IGNORECASE)
BROKEN = {
    "a:b\nc: 1\n": "a colon stands where none can; write a space after the colon of every key",
    "a: b: c\n": "a colon stands where none can",
    "a: 1\n b: 2\n": "a colon stands where none can",
    "a: 1\nbc\nd: 2\n": "line 2 has no colon; write NAME: VALUE",
    "a: [1, 2\nb: 3\n": "the list that begins with [ in line 1 is not closed with ]",
    "a: {b: 1\nc: 3\n": "what begins with { in line 1 is not closed with }",
    "a: {b: [1}\n": "the list that begins with [",
    "a: 'b\nc: 1\n": "the quote in line 1 is not closed; close it",
    'x: 1\na: "b\n': "the quote in line 2 is not closed; close it",
    "a: 'it's'\n": "write nothing behind a closing quote",
    'a: "C:\\data\\images"\n': "a backslash in double quotes begins a special character; write the text in single",
    'a: "\\x4"\n': "a backslash in double quotes",
    "a: @b\n": "a value cannot begin with '@'; write the text in quotes",
    "a: `date`\n": "a value cannot begin with '`'",
    "a: %b\n": "a value cannot begin with '%'",
    "a: *.png\n": "a text cannot begin with * or &; write it in quotes",
    "a: & b\n": "a text cannot begin with * or &",
    "a: !<b\n": "a text cannot begin with !",
    "a: !b!c d\n": "a text cannot begin with !",
    "a: - 1\n": "write the list in brackets: NAME: [VALUE, VALUE]",
    "- 1\nb: 2\n": "this does not go on with what begins in line 1",
    "a:\n    b: 1\n  c: 2\n": "begin keys beside each other in one column",
    "a: [,]\n": "a value is missing",
    "a: |x\n  b\n": "what follows | or > must begin in a new line",
    "%FOO\n%YAML 3\n---\na: 1\n": "a line that begins with % is for YAML itself",
    "a: 1\n...\nb: 2\n": "the file's only document has ended before this",
    "a: ? b\n": "a '?' stands where no key can",
    "a:\n\tb: 1\n": "write spaces, not tabs",
    "a: 1\t\n\tb: 2\n": "write spaces, not tabs",
}


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_broken_is_told_with_what_to_write(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^f, line \d+, column \d+: this is not YAML: ") as caught:
        read_yaml(text, where="f")
    sentence = str(caught.value)
    assert BROKEN[text] in sentence and ";" in sentence and not FOREIGN.search(sentence), sentence


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("text", ["a: 1\n# a comment{}goes on\nb: 2\n", "a: 1\nb: c{}d\n", "a: 1\nb: 'c{}d'\n"])
def test_ends_of_lines_that_not_every_reader_takes_for_one_are_named(text: str, end: str) -> None:
    with pytest.raises(ConfigError, match=f"^f, line 2: holds the character U[+]{ord(end):04X}, which .*; remove it$"):
        read_yaml(text.format(end), where="f")


@pytest.mark.parametrize("unseen", ["\xa0", "\xad", "\u200b", "\u2009", "\u202e", "\u3000", "\ufeff"])
def test_characters_that_nobody_sees_are_named(unseen: str) -> None:
    code = f"U+{ord(unseen):04X}"
    for key in (f"se{unseen}eds: 1", f"'seeds{unseen}': 1", f"{{epochs:{unseen}6}}"):
        mistakes = read_yaml(f"a: 1\n{key}\n" if key[0] != "{" else f"b: 1\na: {key}\n", where="f").mistakes
        assert [mistake.line for mistake in mistakes] == [2] and code in str(mistakes[0])
        assert str(mistakes[0]).isascii()
    with pytest.raises(ConfigError, match=f"line 1 holds the character {re.escape(code)}"):
        read_yaml(f"study:{unseen}smoke\ndataset: {{name: toy}}\n", where="f")


def test_a_text_that_needs_a_joiner_keeps_it() -> None:
    assert read_yaml("a: '\u0645\u06cc\u200c\u062e'\n", where="f").mistakes == ()


@pytest.mark.parametrize("text", ["a: {rate: 0,1}", "a: {rate: 0,15, epochs: 3}", "a: {x: 1, 2}", "a: {0,5: 1}"])
def test_a_decimal_comma_among_keys_is_told_as_one(text: str) -> None:
    mistakes = read_yaml(text, where="f").mistakes
    assert "a number without a name; write a decimal with a point" in str(mistakes[0])


def trial(levels: str) -> str:
    return (
        "study: a\ndataset: {name: toy}\nmodel: {name: resnet}\nseeds: {count: 2, block: 2}\n"
        "regimes: {supervised: {}}\n"
        f"compression: {{random: {{levels: {levels}}}}}\n"
    )


@pytest.mark.parametrize(
    ("levels", "allowed"),
    [
        ("0.5 0.9", "such as levels: [0.5, 0.9]"),
        ("'0.5, 0.9'", "such as levels: [0.5, 0.9]"),
        ("'[0.5, 0.9]'", "such as levels: [0.5, 0.9]"),
        ('"[{a: 1}]"', "allowed: a list in brackets"),
        ("['0.5 0.9']", "level '0.5 0.9' is not a number; write a number, and a comma between two"),
        ("0.5; 0.9;", "such as levels: [0.5, 0.9]"),
        ("[true]", "true given; allowed: a number or a text"),
    ],
)
def test_advice_is_what_is_taken_then(levels: str, allowed: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_study(read_yaml(trial(levels), where="f").values, where="f")
    told = str(caught.value)
    assert allowed in told and "'true'" not in told, told
