"""Studies with something changed in them at random: characters, lines, words, types, sizes, shapes."""

import datetime
import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from support.workspace import ROOT

STUDIES = sorted([ROOT / "config.yaml", *(ROOT / "studies").glob("*.yaml")])

WORDS = (
    *(
        "010",
        "0x1F",
        "0o17",
        "0b11",
        "1_000",
        "1:30",
        "190:20:30",
        "+12",
        "-0",
        "1e9",
        "1e400",
        "1e-400",
        "1E5",
        "9" * 30,
    ),
    *("9" * 5000, "0." + "1" * 400, "1e999999999", "-1", "0", "1", "2.5", "6.0", ".5", "5.", "1e3", "1000000000"),
    *(
        "yes",
        "No",
        "on",
        "OFF",
        "true",
        "True",
        "FALSE",
        "null",
        "~",
        "Null",
        "None",
        "nan",
        ".nan",
        ".inf",
        "-.INF",
        "inf",
    ),
    *("2001-01-01", "2001-12-14t21:59:43.10-05:00", "90%", "0,9", "=", "<<", "'4'", '"6"', "''", '"\\ud800"', '"\\0"'),
    *("!!binary aGVsbG8=", "!!set {a, b}", "!!omap [a: 1]", "!!python/object/apply:os.getcwd []", "!!python/name:int"),
    *("!!int '3'", "!!float 3", "!!timestamp 2001-01-01", "!<!x> y", "!local z", "&a 1", "*a", "&a [*a]", "&a {b: *a}"),
    *(
        "[]",
        "{}",
        "[[]]",
        "[null]",
        "{a: }",
        "[1, [2, [3]]]",
        "{1: 2}",
        "{null: 1}",
        "{[1]: 2}",
        "{no: 1}",
        "? x",
        "- x",
    ),
    *(
        "im{study}",
        "'{nope}'",
        "{study}",
        "'$(echo x)'",
        "'`x`'",
        "a;b",
        "'a''b'",
        "%x",
        "@x",
        "|",
        ">-",
        "|\n  a\n  b",
    ),
    *(
        "ünï",
        "日本語",
        "\u202eabc",
        "\U0001f600",
        "\ufeff",
        "\x85",
        "\u2028",
        "\x07",
        "\x00",
        "e\u0301",
        "\udc80",
        "\t",
        "\r",
    ),
    *(
        "../..",
        "/",
        "~",
        "~root/x",
        "a" * 300,
        "a" * 70_000,
        "'" + "x" * 5000 + "'",
        "dense",
        "plugin",
        "test@fog-9",
        "test@*-*",
    ),
)
KEYS = (
    *(
        "study",
        "dataset",
        "model",
        "seeds",
        "regimes",
        "compression",
        "levels",
        "options",
        "name",
        "count",
        "block",
        "plugin",
    ),
    *(
        "views",
        "measures",
        "labels",
        "by_regime",
        "generalisation",
        "evaluation",
        "splits",
        "no",
        "1",
        "null",
        "<<",
        "dense",
    ),
    *(
        "x" * 200,
        "é",
        "a b",
        "a-b",
        "{b}",
        "$(x)",
        "recalibrate",
        "__use_yte__",
        "train_sizes",
        "label_noise",
        "device",
    ),
)


def values(draw: random.Random) -> Any:
    """A value of any type that PyYAML can write, small or large."""
    plain = (
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        3.5,
        6.0,
        1e9,
        1e-9,
        10**9,
        10**30,
        float("inf"),
        float("nan"),
        "",
        "4",
        "6.0",
    )
    odd = (datetime.date(2001, 1, 1), datetime.datetime(2001, 1, 1, 12), b"bytes", {"a", "b"}, (1, 2), "true", "null")
    shapes = ([], {}, [1], ["a"], {"a": 1}, [[1]], {"a": {"b": 1}}, [None], {1: 2}, {None: 1}, {True: 1}, {"": 1}, [{}])
    large = ([0.5] * 3000, ["a"] * 20_000, {f"k{i}": i for i in range(3000)}, "x" * 5000, nested(draw.randint(2, 400)))
    chosen = draw.choice((plain, plain, odd, shapes, shapes, large, WORDS))
    return deepcopy(draw.choice(chosen))


def nested(depth: int) -> Any:
    """A list or mapping so many levels deep."""
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def mutated(seed: int) -> bytes:
    """One shipped study with one to three things changed; the same for the same seed."""
    draw = random.Random(seed)
    text = draw.choice(STUDIES).read_text(encoding="utf-8")
    for _ in range(draw.randint(1, 3)):
        text = draw.choice(_CHANGES)(text, draw)
    content = text.encode("utf-8", errors="surrogateescape")
    return _changed_bytes(content, draw) if draw.random() < 0.1 else content


def _places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every (container, key) in a tree."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in list(entries):
        found.append((value, key))
        _places(entry, found)
    return found


def _changed_structure(text: str, draw: random.Random) -> str:
    """Parse, change one place, write again."""
    try:
        tree = yaml.safe_load(text)
        places = _places(tree, [])
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, AttributeError):  # of PyYAML's tags
        return text
    if not places:
        return text
    container, key = draw.choice(places)
    kind = draw.randrange(7)
    if kind == 0:
        del container[key]
    elif kind == 1 and isinstance(container, dict):
        container[draw.choice(KEYS)] = container.pop(key)
    elif kind == 2 and isinstance(container, dict):
        container[draw.choice(KEYS)] = values(draw)
    elif kind == 3:
        other, name = draw.choice(places)
        container[key] = (
            deepcopy(other[name]) if name in other or (isinstance(other, list) and name < len(other)) else 1
        )
    elif kind == 4:
        container[key] = draw.choice(
            ([container[key]], {"a": container[key]}, str(container[key]), repr(container[key]))
        )
    else:
        container[key] = values(draw)
    try:
        return yaml.dump(tree, sort_keys=False, allow_unicode=True, default_flow_style=draw.choice((None, True, False)))
    except (yaml.YAMLError, ValueError, RecursionError):
        return text


def _changed_words(text: str, draw: random.Random) -> str:
    """Another word in place of one of the text's."""
    words = text.split(" ")
    words[draw.randrange(len(words))] = draw.choice((*WORDS, *KEYS))
    return " ".join(words)


def _changed_lines(text: str, draw: random.Random) -> str:
    """Lines twice, gone, in another order, deeper, or one of our own."""
    lines = text.split("\n")
    at, to = draw.randrange(len(lines)), draw.randrange(len(lines))
    kind = draw.randrange(7)
    if kind == 0:
        lines.insert(to, lines[at])
    elif kind == 1:
        del lines[at]
    elif kind == 2:
        lines[at], lines[to] = lines[to], lines[at]
    elif kind == 3:
        lines[at] = draw.choice((" ", "  ", "\t", "- ", "# ", "? ")) + lines[at]
    elif kind == 4:
        lines.insert(at, f"{draw.choice(KEYS)}: {draw.choice(WORDS)}")
    elif kind == 5:
        lines.insert(
            at, draw.choice(("---", "...", "%YAML 1.1", "%TAG ! tag:x,2000:", "[" * 3000, "- " * 2000, "{a: " * 900))
        )
    else:
        lines = lines * draw.choice((2, 50))
    return "\n".join(lines)


def _changed_characters(text: str, draw: random.Random) -> str:
    """One character gone, twice, or another one in its place; or the text cut off."""
    if not text:
        return text
    at = draw.randrange(len(text))
    other = draw.choice(":{}[],&*#?|-<>=!%@`'\"\\\n\t \x00\x7f\u00a0\u2028\ufeffé9.")
    return draw.choice((text[:at] + text[at + 1 :], text[:at] + other + text[at + draw.randrange(2) :], text[:at]))


def _changed_bytes(content: bytes, draw: random.Random) -> bytes:
    """A byte that is no UTF-8, another encoding, a mark before it all."""
    at = draw.randrange(len(content) + 1)
    kind = draw.randrange(4)
    if kind == 0:
        return content[:at] + bytes([draw.randrange(128, 256)]) + content[at:]
    if kind == 1:
        return content.decode("utf-8", errors="replace").encode(
            draw.choice(("utf-16", "utf-32", "utf-16-le", "latin-1")), "replace"
        )
    return (b"\xef\xbb\xbf" if kind == 2 else b"\x00") + content


def written(folder: Path, seed: int) -> Path:
    """A mutated study as a file."""
    file = folder / "mutated.yaml"
    file.write_bytes(mutated(seed))
    return file


_CHANGES = (_changed_structure, _changed_structure, _changed_words, _changed_lines, _changed_characters)
