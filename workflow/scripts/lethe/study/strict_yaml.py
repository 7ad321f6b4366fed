"""YAML as a config may use it: plain mappings, lists, texts and numbers, and nothing that is read in two ways.

Everything that YAML readers pass over in silence is a mistake here, told with its line and key: a key that is given
twice, words that YAML's versions read differently, tags, merge keys, several documents. A file stays within limits of
size, depth and entries, aliases counted as often as they are used, so that reading it takes less than a second.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from lethe.core.allowed import shortened
from lethe.core.errors import ConfigError
from lethe.core.explain import dotted
from lethe.study.broken_yaml import broken, unseen_in
from lethe.study.plain_scalar import read_scalar

MOST_BYTES = 65_536
MOST_ENTRIES = 5_000
DEEPEST = 30
LONGEST_TEXT = 4096

_FOREIGN_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_ODD_LINE_ENDS = re.compile("[\x85\u2028\u2029]")
_MERGE = "<<"


@dataclass(frozen=True)
class Mistake:
    """Something that is refused: its line, counted from 1, its key, and a sentence."""

    line: int
    keys: tuple[str | int, ...]
    sentence: str

    def __str__(self) -> str:
        key = dotted(*self.keys)
        return f"line {self.line}: {key + ': ' if key else ''}{self.sentence}"


@dataclass(frozen=True)
class Document:
    """What a text says, and what in it is refused; a refused value stands there as it was written."""

    values: Any
    mistakes: tuple[Mistake, ...] = ()


def read_yaml(content: bytes | str, *, where: str) -> Document:
    """The one document of a text.

    Args: where: the file it came from, for messages.
    Raises: ConfigError: this is not YAML, or beyond a limit: there are no values to speak of.
    """
    text = _decoded(content, where) if isinstance(content, bytes) else content
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise ConfigError(f"{where}: longer than {MOST_BYTES} bytes, which no study needs; is this the right file?")
    if odd := _ODD_LINE_ENDS.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        raise ConfigError(
            f"{where}, line {line}: holds the character {_code(odd[0])}, which some readers of YAML take for the end "
            "of a line, even of a comment; remove it"
        )
    try:
        reader = _Reader(yaml.parse(text, Loader=yaml.SafeLoader), where)
        return Document(reader.document(), tuple(reader.mistakes))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            f"{where}, line {line}: this is not YAML: it holds the character {_code(error.character)}; remove it"
        ) from None
    except yaml.MarkedYAMLError as error:
        raise ConfigError(f"{where}{broken(error, text)}") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # An escape such as "\UFFFFFFFF" in a text, that no character has.
        raise ConfigError(f"{where}: this is not YAML: {error}; correct the file") from None


def text_mistake(text: str) -> str:
    """Why a text cannot be passed on to files, commands and messages; empty for all others."""
    if len(text) > LONGEST_TEXT:
        return f"a text of {len(text)} characters given; at most {LONGEST_TEXT} are allowed"
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
            what = "a line break" if character in "\n\r" else f"the character {_code(character)}"
            return f"{shortened(ascii(text))} given, which holds {what}; write the text in one line without it"
    return ""


def _decoded(content: bytes, where: str) -> str:
    """Bytes as UTF-8; a byte-order mark of UTF-8 is passed over."""
    found = next((name for mark, name in _FOREIGN_MARKS if content.startswith(mark)), None)
    if found:
        raise ConfigError(f"{where}: this is not YAML in UTF-8 but in {found}; save the file as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{where}, line {line}: this is not YAML in UTF-8: it holds the byte {content[error.start]:#04x}; "
            "save the file as UTF-8"
        ) from None


def _says_something(event: Any) -> bool:
    """Whether the value that an event begins is more than the nothing after a name alone."""
    return not isinstance(event, yaml.ScalarEvent) or event.style is not None or event.value != ""


def _code(character: object) -> str:
    return f"U+{character if isinstance(character, int) else ord(str(character)):04X}"


@dataclass
class _Reader:
    """Builds values out of a parser's events, and notes what is refused."""

    events: Iterator[Any]
    where: str
    mistakes: list[Mistake] = field(default_factory=list)
    entries: int = 0
    # Values by anchor, with how many entries each has; None while it is still being read.
    anchors: dict[str, tuple[Any, int] | None] = field(default_factory=dict)

    def document(self) -> Any:
        """The only document; nothing where the text holds none."""
        values, documents = None, 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop(event, "a second document begins with ---; a config is one document, remove the others")
                values = self._value(next(self.events), ())
        return values

    def _value(self, event: Any, keys: tuple[str | int, ...]) -> Any:
        """The value that begins with an event."""
        self._count(event, 1)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.tag is not None:
            tag = shortened(event.tag.replace("tag:yaml.org,2002:", "!!"))
            sentence = f"tag {tag} given; no tags are allowed, remove it (a text stands in quotes)"
            self._refuse(event, keys, sentence)
        if len(keys) >= DEEPEST:
            self._stop(event, f"more than {DEEPEST} levels deep, which no study needs")
        before = self.entries
        if event.anchor:
            if event.anchor in self.anchors:
                self._refuse(event, keys, f"anchor &{shortened(event.anchor)} is defined twice; define it once")
            self.anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event, keys)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._list(keys)
        else:
            value = self._mapping(keys)
        if event.anchor:
            self.anchors[event.anchor] = (value, self.entries - before)
        return value

    def _scalar(self, event: Any, keys: tuple[str | int, ...]) -> Any:
        """A word, or a text in quotes."""
        read = read_scalar(event.value) if event.style is None else None
        value, mistake = (event.value, "") if read is None else (read.value, read.mistake)
        mistake = mistake or (text_mistake(value) if isinstance(value, str) else "")
        if mistake:
            self._refuse(event, keys, mistake)
        return value

    def _list(self, keys: tuple[str | int, ...]) -> list[Any]:
        """The entries of a list."""
        values: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            values.append(self._value(event, (*keys, len(values))))
        return values

    def _mapping(self, keys: tuple[str | int, ...]) -> dict[str, Any]:
        """The entries of a mapping, each name once."""
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            event_of_value = next(self.events)
            name = self._name(event, keys, has_value=_says_something(event_of_value))
            # Two ways to write one letter are one letter.
            same = unicodedata.normalize("NFC", name)
            if same in lines:
                self._refuse(event, (*keys, name), f"is given twice, first in line {lines[same]}; give it once")
            lines.setdefault(same, event.start_mark.line + 1)
            values[name] = self._value(event_of_value, (*keys, name))
        return values

    def _name(self, event: Any, keys: tuple[str | int, ...], *, has_value: bool) -> str:
        """The text of a key."""
        self._count(event, 1)
        if not isinstance(event, yaml.ScalarEvent):
            self._stop(event, "a key must be one word, not a list, a mapping or an alias; write NAME: VALUE")
        written = str(event.value)
        key = (*keys, shortened(written))
        if event.tag is not None or event.anchor:
            self._refuse(event, key, "a key has no tag and no anchor; remove it")
        elif event.style is not None:
            if mistake := text_mistake(written):
                self._refuse(event, key, mistake)
        elif written == _MERGE:
            self._refuse(event, key, "merge keys are not read; repeat the keys that are meant")
        else:
            read = read_scalar(written)
            if isinstance(read.value, int | float) and not has_value and len(keys) > 0:
                sentence = "a number without a name; write a decimal with a point, such as 0.5, and NAME: VALUE"
                self._refuse(event, keys, f"{shortened(written)} stands here as {sentence}")
            elif read.mistake or not isinstance(read.value, str):
                sentence = f"not every reader of YAML takes this key for a text; write '{shortened(written)}' in quotes"
                self._refuse(event, key, sentence)
            elif mistake := text_mistake(written):
                self._refuse(event, key, mistake)
        if unseen := unseen_in(written):
            self._refuse(event, (*keys, shortened(ascii(written))), f"holds the character {unseen}; remove it")
        return written

    def _alias(self, event: Any) -> Any:
        """What an anchor stands for; counted as often as it is used."""
        name = shortened(event.anchor)
        if event.anchor not in self.anchors:
            self._stop(event, f"*{name} has no anchor &{name} before it; define it, or write the value itself")
        known = self.anchors[event.anchor]
        if known is None:
            self._stop(event, f"*{name} stands inside its own anchor &{name}; write the value itself")
        value, entries = known
        self._count(event, entries)
        return value

    def _count(self, event: Any, entries: int) -> None:
        self.entries += entries
        if self.entries > MOST_ENTRIES:
            self._stop(event, f"more than {MOST_ENTRIES} entries, aliases included, which no study needs")

    def _refuse(self, event: Any, keys: tuple[str | int, ...], sentence: str) -> None:
        self.mistakes.append(Mistake(event.start_mark.line + 1, keys, sentence))

    def _stop(self, event: Any, sentence: str) -> NoReturn:
        raise ConfigError(f"{self.where}, line {event.start_mark.line + 1}: {sentence}")
