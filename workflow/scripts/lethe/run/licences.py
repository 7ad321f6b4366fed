"""Under which licence each package of requirements.lock is used: what its installed metadata say, and what is allowed.

Metadata say it in four ways, the first that is there counts: an expression of SPDX (PEP 639), the field License, the
classifiers, and, where none of them says it, the title of the licence's file.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from lethe.core.errors import PackageError

# Licences that ask for no more than to be named, and one (MPL) that binds its own files alone.
ALLOWED = frozenset(
    {
        "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0",
        "ISC", "MIT", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Zlib",
        # Words of metadata that leave open which version or how many clauses.
        "Apache Software License", "BSD", "BSD License", "Public Domain", "Python Software Foundation License",
    }
)  # fmt: skip
# Licences that are allowed for one package, with the reason.
ALLOWED_FOR = {
    ("codespell", "GPL-2.0-only"): "a program that `make lint` starts; nothing imports it",
    ("docutils", "GNU General Public License (GPL)"): "of an editor's mode in its sources, which is not installed",
}
# Words for licences that SPDX has a name for.
_SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache License Version 2.0, January 2004": "Apache-2.0",  # the title of the text, over two lines
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_CLASSIFIER = re.compile(r"License :: (?:OSI Approved :: )?(?!OSI Approved|DFSG approved)(.+)")


@dataclass(frozen=True)
class Licences:
    """What a package says of its licence.

    Attributes:
        named: SPDX expressions, or words where SPDX has no name for them; each holds. None where nothing is said.
        said_by: the field that says it.
    """

    named: tuple[str, ...]
    said_by: str

    @property
    def words(self) -> str:
        """As a person reads it."""
        return ", ".join(self.named) or "unknown"


@dataclass(frozen=True)
class Package:
    """A package of the lock as it is installed."""

    name: str
    version: str
    licences: Licences

    @property
    def refused(self) -> tuple[str, ...]:
        """Licences of it that are not allowed; "unknown" if it says none."""
        if not self.licences.named:
            return ("unknown",)
        return tuple(
            named
            for named in self.licences.named
            if not is_allowed(named) and (normal(self.name), named) not in ALLOWED_FOR
        )


def normal(name: str) -> str:
    """A package's name as indexes compare it, see PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: Path) -> list[tuple[str, str]]:
    """Name and version of every package of a lock, in its order."""
    lines = (line.strip() for line in lock.read_text(encoding="utf-8").splitlines())
    return [
        (name, version) for name, _, version in (line.partition("==") for line in lines if line[:1] not in ("", "#"))
    ]


def installed(lock: Path) -> list[Distribution]:
    """The packages of a lock, as they are installed.

    Raises: PackageError: one is missing, or of another version.
    """
    found = []
    for name, version in locked(lock):
        try:
            package = distribution(name)
        except PackageNotFoundError:
            raise PackageError(f"{name} {version} of {lock} is not installed; run `make setup`") from None
        if package.version != version:
            raise PackageError(f"{lock} names {name} {version}, installed is {package.version}; run `make setup`")
        found.append(package)
    return found


def packages(lock: Path) -> list[Package]:
    """Every package of a lock with its licence."""
    return [
        Package(name, version, licences_of(package))
        for (name, version), package in zip(locked(lock), installed(lock), strict=True)
    ]


def licences_of(package: Distribution) -> Licences:
    """What a package's metadata say of its licence, by the first of the ways that says something."""
    return next((found for found in _ways(package) if found.named), Licences((), ""))


def is_allowed(named: str) -> bool:
    """Whether a licence may be used: all of what AND joins, one of what OR joins."""
    nested = "(" in named  # an expression with brackets is not taken apart: all of it must be allowed
    alternatives = [named] if nested else re.split(r"\bOR\b", named)
    return any(
        all(part.strip(" ()") in ALLOWED for part in re.split(r"\b(?:AND|OR)\b", alternative))
        for alternative in alternatives
    )


def licence_table(found: Sequence[Package]) -> str:
    """One line a package: name, version, licence, and which field says it.

    Raises: PackageError: licences that are unknown or not allowed, with the whole table above.
    """
    rows = [("package", "version", "licence", "as said by")]
    rows += [(one.name, one.version, one.licences.words, one.licences.said_by) for one in found]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    refused = [f"{one.name} {one.version}: {named}" for one in found for named in one.refused]
    if refused:
        raise PackageError(
            f"{len(refused)} licences are not allowed: {'; '.join(refused)}; use another package, or state in ALLOWED "
            f"or ALLOWED_FOR of lethe/run/licences.py why it may be used\n{table}"
        )
    return f"{table}\n{len(found)} packages, every licence is allowed"


def _ways(package: Distribution) -> Iterator[Licences]:
    """What each of the fields says, in the order in which they count."""
    metadata = package.metadata
    yield Licences(tuple(metadata.get_all("License-Expression", [])), "License-Expression")
    yield Licences(tuple(name for text in metadata.get_all("License", []) for name in _of_text(text)), "License")
    matches = map(_CLASSIFIER.fullmatch, metadata.get_all("Classifier", []))
    yield Licences(tuple(_SPDX.get(match[1], match[1]) for match in matches if match), "classifiers")
    for file in metadata.get_all("License-File", []):
        text = package.read_text(f"licenses/{file}") or package.read_text(file) or ""
        yield Licences(tuple(_of_text(f"{text}\n\n")), file)
    yield Licences(tuple(_of_text(f"{package.read_text('LICENSE') or ''}\n\n")), "LICENSE")


def _of_text(text: str) -> Iterator[str]:
    """The licence that a text names: a name, or a whole licence whose title is known."""
    lines = [line.strip() for line in text.splitlines()]
    title, following, *_ = *filter(None, lines), "", ""
    known = next((name for name in (title, f"{title} {following}") if name in _SPDX), None)
    if known:
        yield _SPDX[known]
    elif len(lines) == 1 and title not in ("", "UNKNOWN"):
        try:
            yield canonicalize_license_expression(title)
        except InvalidLicenseExpression:
            yield title
