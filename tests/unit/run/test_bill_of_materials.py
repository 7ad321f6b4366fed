"""The bill of materials holds what the specification asks for, every package of the lock, and nothing of the machine.

Rules: https://cyclonedx.org/docs/1.6/json/, and the type pypi of https://github.com/package-url/purl-spec.
"""

import json
import re
import sys
from collections import Counter
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.licenses import canonicalize_license_expression

from lethe.run.bill_of_materials import bill_of_materials
from lethe.run.licences import locked, packages
from support.installed import install

ROOT = Path(__file__).resolve().parents[3]
LOCK, PROJECT = ROOT / "requirements.lock", ROOT / "pyproject.toml"
TEXT = bill_of_materials(LOCK, PROJECT)
BILL = json.loads(TEXT)
EVERY = [BILL["metadata"]["component"], *BILL["components"]]


def is_spdx(name: str) -> bool:
    """Whether a licence is written as SPDX writes it; the library raises where it is not."""
    return bool(canonicalize_license_expression(name) == name)


def test_it_names_its_form() -> None:
    assert (BILL["bomFormat"], BILL["specVersion"], BILL["version"]) == ("CycloneDX", "1.6", 1)


def test_it_has_every_package_of_the_lock_and_no_other() -> None:
    assert [(one["name"], one["version"]) for one in BILL["components"]] == [
        (distribution(name).name, version) for name, version in locked(LOCK)
    ]


def test_every_component_has_what_must_be_there_and_a_reference_of_its_own() -> None:
    assert all({"type", "name", "version", "licenses"} <= one.keys() for one in EVERY)
    assert {one["type"] for one in EVERY} == {"application", "library"}
    assert max(Counter(one["bom-ref"] for one in EVERY).values()) == 1
    assert all(one["purl"] == one["bom-ref"] for one in EVERY)
    assert [
        one["purl"] for one in EVERY if not re.fullmatch(r"pkg:pypi/[a-z0-9.-]+@[0-9][0-9a-z.%]*", one["purl"])
    ] == []


def test_licences_are_one_expression_or_a_list_of_identifiers_and_names() -> None:
    for stated in (one["licenses"] for one in EVERY):
        if "expression" in stated[0]:
            assert len(stated) == 1 and set(stated[0]) == {"expression"} and is_spdx(stated[0]["expression"])
            continue
        assert all(set(entry) == {"license"} for entry in stated)
        entries = [entry["license"] for entry in stated]
        assert all(set(entry) in ({"id"}, {"name"}) for entry in entries)
        assert all(is_spdx(entry["id"]) and " " not in entry["id"] for entry in entries if "id" in entry)


def test_licences_are_those_of_the_table() -> None:
    said = {one.name: one.licences.named for one in packages(LOCK)}
    written = [
        [each.get("expression") or next(iter(each["license"].values())) for each in one["licenses"]] for one in EVERY
    ]
    assert list(map(tuple, written[1:])) == list(said.values())


def test_dependencies_are_among_the_components_each_once() -> None:
    references = [one["bom-ref"] for one in EVERY]
    assert [one["ref"] for one in BILL["dependencies"]] == references
    for one in BILL["dependencies"]:
        assert set(one["dependsOn"]) <= set(references) - {one["ref"]}
        assert one["dependsOn"] == sorted(set(one["dependsOn"]))
    asked = {one["ref"].partition("@")[0]: one["dependsOn"] for one in BILL["dependencies"]}
    assert f"pkg:pypi/numpy@{distribution('numpy').version}" in asked["pkg:pypi/pandas"]
    assert f"pkg:pypi/torch@{distribution('torch').version}" in asked["pkg:pypi/lethe-workflow"]
    assert asked["pkg:pypi/numpy"] == []


def test_it_says_nothing_of_time_and_place() -> None:
    assert not {"serialNumber", "timestamp"} & {*BILL, *BILL["metadata"]}
    assert str(ROOT) not in TEXT and sys.prefix not in TEXT and "file:" not in TEXT


def test_what_only_an_extra_or_another_platform_requires_is_left_out_and_equal_packages_give_equal_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [
        "Summary: One of ours",
        "License-Expression: MIT OR Apache-2.0",
        "Requires-Dist: lethe_test.two>=1",
        "Requires-Dist: lethe-test-three; extra == 'more'",
        "Requires-Dist: lethe-test-three; sys_platform == 'nowhere'",
        "Requires-Dist: not-in-the-lock",
    ]
    install(tmp_path, "lethe-test-one", *asked)
    for name in ("lethe-test-two", "lethe-test-three"):
        install(tmp_path, name, "License: BSD")
    monkeypatch.syspath_prepend(tmp_path)
    lock = tmp_path / "a.lock"
    lock.write_text("lethe-test-one==1.0\nlethe_test_two==1.0\nlethe-test-three==1.0\n")
    text = bill_of_materials(lock, PROJECT)
    assert bill_of_materials(lock, PROJECT) == text
    bill = json.loads(text)
    assert bill["components"][0]["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    assert bill["components"][0]["description"] == "One of ours"
    assert bill["components"][1]["licenses"] == [{"license": {"name": "BSD"}}]
    assert bill["dependencies"][1] == {
        "ref": "pkg:pypi/lethe-test-one@1.0",
        "dependsOn": ["pkg:pypi/lethe-test-two@1.0"],
    }
