"""Whatever a config gives in whatever place, the message is in our words: what was given, what is allowed."""

import json
import re
import time
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from pydantic_core import core_schema
from pydantic_core._pydantic_core import list_all_errors

from lethe.core import registry
from lethe.core.allowed import _BOUNDS, _KIND_OF, _OWN_WORDS
from lethe.core.annotations import _below, is_model, place_of
from lethe.core.errors import ConfigError
from lethe.core.explain import checked, explain
from lethe.core.options import Strict, read_options
from lethe.run.known import ASKED_FOR
from lethe.study.config import Study

ROOMS = [room for room in ASKED_FOR if room != registry.CORRUPTIONS]
MODELS: dict[str, type[BaseModel]] = {"study": Study} | {
    f"{room}/{name}": registry.load(room, name).Options for room in ROOMS for name in registry.names(room)
}
GIVEN = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        3,
        10**9,
        10**17,
        0.5,
        6.0,
        -0.5,
        2.5,
        1e300,
        "",
        "x",
        "4",
        "6.0",
        "90%",
        "0,9",
        "true",
        "a b",
    ),
    *(
        [],
        [1],
        ["x"],
        [None],
        [[1]],
        [0.5, 0.5],
        [1, 2, 3, 4, 5, 6],
        {},
        {"a": 1},
        {"name": "x"},
        {"count": "4", "block": 2},
        [{}],
    ),
)
# Whole phrases of pydantic's templates, cut where a value is filled in.
PHRASES = sorted(
    {
        part.strip()
        for error in list_all_errors()
        for part in re.split(r"\{[^}]*\}|,", error["message_template_python"])
        if len(part.strip()) >= 12
    }
    | {
        "Input should",
        "Input is",
        "Field required",
        "instance of",
        "valid dictionary",
        "should have at",
        "_type",
        "Extra inputs",
    }
)
KEYS, LIST = "allowed: keys with values, such as", "allowed: a list in brackets, such as"
OUR_OWN = {"missing", "extra_forbidden"}


def keys_of(model: type[BaseModel], prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every key of a model, those within others too; a mapping of names has one called `some`."""
    for name in model.model_fields:
        key = (*prefix, name)
        yield key
        within = _below(model, name)
        entry = _below(within, "some")
        if is_model(within):
            yield from keys_of(within, key)
        elif is_model(entry):
            yield from keys_of(entry, (*key, "some"))


def with_value(keys: tuple[str, ...], value: Any) -> dict[str, Any]:
    whole: Any = deepcopy(value)
    for key in reversed(keys):
        whole = {key: whole}
    return whole


def mistakes(model: type[BaseModel], values: Any) -> ValidationError | None:
    try:
        read_options(model, values)
    except ValidationError as error:
        return error
    return None


@pytest.mark.parametrize("name", MODELS)
def test_no_word_of_pydantics_is_in_a_message(name: str) -> None:
    model, kinds = MODELS[name], set()
    for keys in [(), ("strange",), *keys_of(model)]:
        for value in GIVEN:
            values = with_value(keys, value)
            if not isinstance(values, dict):
                continue
            error = mistakes(model, values)
            if error is None:
                continue
            kinds |= {found["type"] for found in error.errors()}
            for line in explain(error, model, where="trial.yaml"):
                assert line.startswith("trial.yaml: ")
                assert re.search(r" given; .|^trial.yaml: (unknown key|key) '", line), line
                said = line.partition(" given; ")[2]
                assert [phrase for phrase in PHRASES if phrase.lower() in said.lower()] == [], line
                assert "\n" not in line and len(line) < 700
    # What a message says in our words is known for every sort of mistake, not found by chance.
    assert kinds - OUR_OWN <= {*_KIND_OF, *_BOUNDS, *_OWN_WORDS}


@pytest.mark.parametrize("name", MODELS)
def test_options_extend_the_strict_base(name: str) -> None:
    assert issubclass(MODELS[name], Strict)
    config = MODELS[name].model_config
    assert (config["extra"], config["frozen"], config["allow_inf_nan"]) == ("forbid", True, False)


@pytest.mark.parametrize("name", MODELS)
def test_whole_numbers_have_an_upper_bound(name: str) -> None:
    """A loop over a billion, or an array as long, never ends: what is not bounded by a choice is by a number."""

    def unbounded(schema: Any) -> list[str]:
        if isinstance(schema, list):
            return [key for entry in schema for key in unbounded(entry)]
        if not isinstance(schema, dict):
            return []
        is_open = schema.get("type") == "integer" and not {"maximum", "exclusiveMaximum", "enum"} & schema.keys()
        return [str(schema)] * is_open + [key for entry in schema.values() for key in unbounded(entry)]

    free = {"networks/families/timm": 1, "networks/families/wrn": 1, "study": 1}
    assert len(unbounded(MODELS[name].model_json_schema())) == free.get(name, 0)


@pytest.mark.parametrize("name", MODELS)
def test_every_sort_of_mistake_that_a_model_can_make_has_words(name: str) -> None:
    """Found in the model's own core schema: which checks there are, and thus which errors."""
    by_schema = {
        "int": {"int_type", "int_parsing", "int_from_float", "int_parsing_size"},
        "float": {"float_type", "float_parsing", "finite_number"},
        "bool": {"bool_type", "bool_parsing"},
        "str": {"string_type", "string_unicode"},
        "list": {"list_type"},
        "tuple": {"tuple_type"},
        "dict": {"dict_type"},
        "model": {"model_type"},
        "literal": {"literal_error"},
        "any": set(),
        "nullable": set(),
        "default": set(),
        "union": set(),
        "model-fields": set(),
        "model-field": set(),
        "function-after": {"value_error"},
        "function-before": {"value_error"},
        "function-plain": {"value_error"},
        "function-wrap": {"value_error"},
        "definitions": set(),
        "definition-ref": set(),
        "lax-or-strict": set(),
        "json-or-python": set(),
        "is-instance": set(),
        "union-choice": set(),
        "enum": {"enum"},
        "none": {"none_required"},
        "chain": set(),
    }
    limits = {
        "ge": "greater_than_equal",
        "gt": "greater_than",
        "le": "less_than_equal",
        "lt": "less_than",
        "multiple_of": "multiple_of",
    }
    lengths = {"list": "too", "tuple": "too", "dict": "too", "str": "string_too"}
    possible: set[str] = set()

    def walk(schema: Any) -> None:
        if isinstance(schema, dict):
            kind = schema.get("type")
            if isinstance(kind, str) and kind in core_schema.CoreSchemaType.__args__:
                possible.update(by_schema[kind])
                possible.update(word for limit, word in limits.items() if limit in schema)
                for limit, word in (("min_length", "short"), ("max_length", "long")):
                    if limit in schema:
                        possible.add(f"{lengths[kind]}_{word}")
            for entry in schema.values():
                walk(entry)
        elif isinstance(schema, list | tuple):
            for entry in schema:
                walk(entry)

    walk(MODELS[name].__pydantic_core_schema__)
    assert possible <= {*_KIND_OF, *_BOUNDS, *_OWN_WORDS}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"seeds": 4}, f"seeds: 4 given; {KEYS} seeds: {{count: 4, block: 2}}"),
        ({"dataset": "digits"}, f"dataset: 'digits' given; {KEYS} dataset: {{name: digits}}"),
        ({"labels": 4}, f"labels: 4 given; {KEYS} labels: {{per_class: 4}}"),
        ({"evaluation": ["test"]}, f"evaluation: ['test'] given; {KEYS} evaluation: {{splits: [test]}}"),
        ({"compression": {"fold": [0.5]}}, f"compression.fold: [0.5] given; {KEYS} fold: {{levels: [0.5, 0.9]}}"),
        ({"regimes": {"supervised": None}}, f"regimes.supervised: null given; {KEYS} supervised: {{NAME: VALUE}}"),
        (
            {"seeds": {"count": "4", "block": 2}},
            "seeds.count: '4' given; allowed: a whole number; write 4, without quotes",
        ),
        ({"seeds": {"count": "010", "block": 2}}, "seeds.count: '010' given; allowed: a whole number"),
        ({"seeds": {"count": "90%", "block": 2}}, "seeds.count: '90%' given; allowed: a whole number"),
        ({"seeds": {"count": 4.0, "block": 2}}, "seeds.count: 4.0 given; allowed: a whole number; write 4"),
        ({"seeds": {"count": True, "block": 2}}, "seeds.count: true given; allowed: a whole number"),
        ({"seeds": {"count": 10**9, "block": 2}}, "seeds.count: 1000000000 given; allowed: at most 10000"),
        ({"labels": {"share": "90%"}}, "labels.share: '90%' given; allowed: a number; write 0.9, without quotes"),
        ({"labels": {"share": "0,9"}}, "labels.share: '0,9' given; allowed: a number; write 0.9, without quotes"),
        ({"labels": {"share": False}}, "labels.share: false given; allowed: a number"),
        ({"study": 5}, "study: 5 given; allowed: a text; write '5', in quotes"),
        ({"study": True}, "study: true given; allowed: a text; write 'true', in quotes"),
        ({"compression": {"fold": {"levels": 0.5}}}, f"compression.fold.levels: 0.5 given; {LIST} levels: [0.5]"),
        (
            {"compression": {"fold": {"levels": [True]}}},
            "compression.fold.levels[0]: true given; allowed: a number or a text",
        ),
        ({"evaluation": {"splits": "test"}}, f"evaluation.splits: 'test' given; {LIST} splits: [test]"),
        ({"device": "gpu"}, "device: 'gpu' given; allowed: 'auto', 'cpu', 'cuda' or 'mps'"),
    ],
)
def test_a_message_says_how_to_write_it(values: dict[str, Any], expected: str) -> None:
    error = mistakes(Study, values)
    assert error is not None
    assert f"trial.yaml: {expected}" in explain(error, Study, where="trial.yaml")


def test_a_choice_of_numbers_takes_no_truth_and_no_fraction() -> None:
    model = registry.load(registry.FAMILIES, "resnet").Options
    assert read_options(model, {"stem_stride": 2}).stem_stride == 2
    for wrong, shown in ((True, "true"), (2.0, "2.0"), ("2", "'2'")):
        with pytest.raises(ConfigError) as caught:
            checked(model, json.dumps({"stem_stride": wrong}), where="t")
        assert str(caught.value) == f"t: stem_stride: {shown} given; allowed: 1 or 2"


@pytest.mark.parametrize("values", [{"blocks": [0.5] * 4000}, {f"k{number}": 1 for number in range(4000)}])
def test_thousands_of_mistakes_are_told_in_twenty_lines_and_no_time(values: dict[str, Any]) -> None:
    model = registry.load(registry.FAMILIES, "resnet").Options
    began = time.process_time()
    with pytest.raises(ConfigError) as caught:
        checked(model, values, where="t")
    lines = str(caught.value).splitlines()
    assert time.process_time() - began < 1
    assert len(lines) == 21 and lines[-1].startswith("t: ... and 39")


def test_a_mistake_within_one_of_several_types_is_told_where_it_is() -> None:
    model = registry.load(registry.REGIMES, "supervised").Options
    error = mistakes(model, {"epochs": 1, "views": [{"crop": 3}]})
    assert error is not None
    (line,) = explain(error, model, where="t")
    assert line == "t: views[0].crop: 3 given; allowed: keys with values, such as crop: {NAME: VALUE}"
    assert place_of(model, ("views", 0, "dict[str,dict[str,any]]", "crop")).keys == ("views", 0, "crop")
