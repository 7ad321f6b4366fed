"""The config as Snakemake was given it, read again: files, `--config`, and what another workflow hands on."""

from pathlib import Path

import pytest
import yaml
from snakemake.settings.types import ConfigSettings
from snakemake.utils import update_config

from lethe.core.errors import ConfigError
from lethe.study.config import read_study
from lethe.study.given import given_to_module, given_values
from support.workspace import ROOT


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_files_and_values_are_laid_over_one_another_as_snakemake_does(tmp_path: Path) -> None:
    files = [
        written(tmp_path, "a.yaml", "study: a\nseeds: {count: 4, block: 2}\nregimes: {x: {epochs: 1}}\nlist: [1, 2]\n"),
        written(tmp_path, "b.yaml", "seeds: {count: 6}\nregimes: {x: 3}\nlist: [3]\n"),
        written(tmp_path, "c.yaml", "regimes: {x: {epochs: 2}}\n"),
    ]
    theirs = ConfigSettings(config={"study": "b"}, configfiles=files).overwrite_config
    assert given_values(files, ["study=b"]) == theirs
    assert theirs["seeds"] == {"count": 6, "block": 2}


@pytest.mark.parametrize(
    ("override", "values"),
    [
        ("study=b", {"study": "b"}),
        ("seeds={count: 4, block: 2}", {"seeds": {"count": 4, "block": 2}}),
        ("labels={share: 1e-2}", {"labels": {"share": 0.01}}),
        ("dataset={name: toy, root: '{x}=y'}", {"dataset": {"name": "toy", "root": "{x}=y"}}),
        ("labels=null", {"labels": None}),
        ("labels=", {"labels": None}),
        ("measures={latency: false}", {"measures": {"latency": False}}),
    ],
)
def test_a_value_of_the_command_line_has_the_types_of_a_file(override: str, values: dict[str, object]) -> None:
    assert given_values([], [override]) == values


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("seeds={count: 010, block: 2}", "--config seeds: line 1: count: 010 given, which some readers"),
        ("seeds={count: 4, count: 2}", "--config seeds: line 1: count: is given twice"),
        ("study=no", "--config study: line 1: no given"),
        ("seeds={count: 4", "--config seeds, line 1, column 10: this is not YAML"),
        ("seeds=&a [*a]", "--config seeds, line 1: *a stands inside its own anchor"),
    ],
)
def test_a_value_of_the_command_line_is_read_as_strictly(override: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        given_values([], [override])
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize("part", [False, True])
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("count: 4", "count: 010", "seeds.count: 010 given"),
        ("epochs: 6", "epochs: 6, epochs: 7", "regimes.supervised.epochs: is given twice"),
        ("study: smoke", "study: no", "study: no given"),
    ],
)
def test_what_a_module_is_given_is_found_in_the_file_it_came_from(
    tmp_path: Path, part: bool, old: str, new: str, expected: str
) -> None:
    text = (ROOT / "studies/smoke.yaml").read_text().replace(old, new)
    if part:
        text = "threads: yes\nlethe:\n" + "".join(f"  {line}\n" for line in text.splitlines())
    file = written(tmp_path, "config.yaml", text)
    theirs = yaml.full_load(text)
    with pytest.raises(ConfigError, match=rf"config\.yaml, line \d+: (lethe\.)?{expected}"):
        given_to_module(theirs["lethe"] if part else theirs, [file])


def test_what_is_another_workflows_own_is_left_to_it(tmp_path: Path) -> None:
    study = (ROOT / "studies/smoke.yaml").read_text().replace("learning_rate: 0.1", "learning_rate: 1e-1")
    text = "threads: 010\nlethe:\n" + "".join(f"  {line}\n" for line in study.splitlines())
    values = given_to_module(yaml.full_load(text)["lethe"], [written(tmp_path, "config.yaml", text)])
    assert read_study(values, where="t").regimes["supervised"]["learning_rate"] == 0.1
    made = {"study": "made", "by": "code"}
    assert given_to_module(made, [tmp_path / "config.yaml"]) == made


def test_what_a_module_changed_by_its_code_stays_changed(tmp_path: Path) -> None:
    file = ROOT / "studies/smoke.yaml"
    theirs = yaml.full_load(file.read_text())
    update_config(theirs, {"seeds": {"count": 6}})
    assert given_to_module(theirs, [file])["seeds"] == {"count": 6, "block": 2}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"study": float("inf")}, "t: study: .inf given, which is no finite number"),
        ({"study": {"a": {1: 2}}}, "t: study.a: key 1 given; a key is a text"),
        ({"study": {1, 2}}, "t: study: a set given; allowed: texts, numbers"),
        ({"study": b"x"}, "t: study: a bytes given; allowed: texts, numbers"),
        ({"study": 10**30}, "t: study: a number of more than 18 digits"),
        ({"study": "a\nb"}, "t: study: 'a\\nb' given, which holds a line break"),
        ({"study": "a\udc80"}, "t: study: 'a\\udc80' given, which holds the character U+DC80"),
        ({"study": [0] * 20_000}, "t: study: more than 5000 entries"),
    ],
)
def test_values_that_no_file_can_hold_are_refused(values: dict[str, object], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_study(values, where="t")
    assert str(caught.value).startswith(expected)


def test_a_mapping_within_itself_is_refused() -> None:
    values: dict[str, object] = {"study": "a"}
    values["dataset"] = values
    with pytest.raises(ConfigError, match="more than 30 levels deep"):
        read_study(values, where="t")
