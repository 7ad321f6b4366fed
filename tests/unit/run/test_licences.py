"""What a package says of its licence is found in each of the four ways, and what is not allowed is named."""

from pathlib import Path

import pytest

from lethe.core.errors import PackageError
from lethe.run.licences import (
    ALLOWED,
    ALLOWED_FOR,
    Licences,
    Package,
    installed,
    is_allowed,
    licence_table,
    licences_of,
    locked,
    normal,
    packages,
)
from support.installed import install

ROOT = Path(__file__).resolve().parents[3]
LOCK = ROOT / "requirements.lock"
MIT = "MIT License\n\nCopyright (c) Somebody\n\nPermission is hereby granted ...\n"
CLASSIFIED = "Classifier: License :: OSI Approved :: ISC License (ISCL)"


def test_every_package_of_the_lock_has_a_licence_that_is_allowed() -> None:
    found = packages(LOCK)
    assert len(found) == len(locked(LOCK)) > 100
    assert licence_table(found).endswith(f"\n{len(found)} packages, every licence is allowed")


def test_nothing_is_allowed_that_no_package_has() -> None:
    said = {(normal(one.name), named) for one in packages(LOCK) for named in one.licences.named}
    assert said >= set(ALLOWED_FOR)
    parts = {part.strip() for _, named in said for part in named.split("AND")}
    assert parts >= ALLOWED


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["License-Expression: Apache-2.0 AND MIT"], Licences(("Apache-2.0 AND MIT",), "License-Expression")),
        (["License-Expression: MIT", "License: BSD", CLASSIFIED], Licences(("MIT",), "License-Expression")),
        (["License: mit", CLASSIFIED], Licences(("MIT",), "License")),
        (["License: Apache License, Version 2.0"], Licences(("Apache-2.0",), "License")),
        (["License: BSD"], Licences(("BSD",), "License")),
        (["License: Ask us", CLASSIFIED], Licences(("Ask us",), "License")),
        (["License: MIT License", "        ", "        Copyright (c) Somebody"], Licences(("MIT",), "License")),
        (
            ["License: Apache License", "        Version 2.0, January 2004", "        "],
            Licences(("Apache-2.0",), "License"),
        ),
        (["License: Apache License", "        Version 1.1", CLASSIFIED], Licences(("ISC",), "classifiers")),
        (["License: UNKNOWN", CLASSIFIED], Licences(("ISC",), "classifiers")),
        (["License: Copyright (c) Us", "        All rights.", CLASSIFIED], Licences(("ISC",), "classifiers")),
        ([CLASSIFIED, "Classifier: License :: Public Domain"], Licences(("ISC", "Public Domain"), "classifiers")),
        (["Classifier: License :: OSI Approved", "Classifier: License :: DFSG approved"], Licences((), "")),
        (["License: Copyright (c) Us", "        All rights."], Licences((), "")),
        ([], Licences((), "")),
    ],
)
def test_the_first_way_that_says_something_counts(tmp_path: Path, lines: list[str], expected: Licences) -> None:
    assert licences_of(install(tmp_path, "one", *lines)) == expected


@pytest.mark.parametrize("file", ["LICENSE", "COPYING"])
def test_where_the_fields_are_silent_the_title_of_the_licences_file_counts(tmp_path: Path, file: str) -> None:
    assert licences_of(install(tmp_path, "one", f"License-File: {file}", **{file: MIT})) == Licences(("MIT",), file)


def test_a_file_is_looked_for_where_newer_installers_put_it_and_a_text_without_a_title_is_unknown(
    tmp_path: Path,
) -> None:
    package = install(tmp_path, "one", "License-File: COPYING", LICENSE="Do what you like.\n")
    assert licences_of(package) == Licences((), "")
    place = tmp_path / "one-1.0.dist-info/licenses"
    place.mkdir()
    (place / "COPYING").write_text(MIT)
    assert licences_of(package) == Licences(("MIT",), "COPYING")


@pytest.mark.parametrize(
    ("named", "is_so"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("GPL-3.0-only OR MIT AND AGPL-3.0-only", False),
        ("Apache-2.0 AND (MIT OR GPL-3.0-only)", False),
        ("Apache-2.0 AND Apache-2.0 WITH LLVM-exception", True),
        ("GPL-3.0-only WITH Classpath-exception-2.0", False),
        ("Ask us", False),
    ],
)
def test_all_that_and_joins_and_one_that_or_joins_must_be_allowed(named: str, is_so: bool) -> None:
    assert is_allowed(named) is is_so


def test_what_is_not_allowed_and_what_is_unknown_are_named_with_the_way_out() -> None:
    found = [
        Package("good", "1.0", Licences(("MIT",), "License")),
        Package("odd", "2.0", Licences(("MIT", "Ask us"), "classifiers")),
        Package("silent", "3.0", Licences((), "")),
        Package("Codespell", "4.0", Licences(("GPL-2.0-only",), "License")),
        Package("other", "5.0", Licences(("GPL-2.0-only",), "License")),
    ]
    with pytest.raises(PackageError) as told:
        licence_table(found)
    said = str(told.value)
    assert said.startswith("3 licences are not allowed: odd 2.0: Ask us; silent 3.0: unknown; other 5.0: GPL-2.0-only;")
    assert "lethe/run/licences.py" in said and "\ngood       1.0      MIT" in said


def test_a_package_that_is_missing_or_of_another_version_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "lethe-test-one", version="1.0")
    monkeypatch.syspath_prepend(tmp_path)
    lock = tmp_path / "a.lock"
    lock.write_text("# a comment\nlethe-test-one==1.0\n\n")
    assert [package.version for package in installed(lock)] == ["1.0"]
    for line, said in (
        ("lethe-test-one==1.1", "names lethe-test-one 1.1, installed is 1.0; run `make setup`"),
        ("lethe-test-two==1.0", "lethe-test-two 1.0 of .* is not installed; run `make setup`"),
    ):
        lock.write_text(f"{line}\n")
        with pytest.raises(PackageError, match=said):
            installed(lock)
