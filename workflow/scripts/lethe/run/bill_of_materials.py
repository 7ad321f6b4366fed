"""A software bill of materials: the packages of requirements.lock as CycloneDX 1.6 in JSON, from installed metadata.

Equal packages give equal bytes: it holds no time, no serial number and nothing of the machine.

Source: CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/; names of packages by the type `pypi` of
https://github.com/package-url/purl-spec. The specification asks for a time and a serial number nowhere.
"""

import json
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any
from urllib.parse import quote

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement

from lethe.run.licences import installed, licences_of, locked, normal


def bill_of_materials(lock: Path, project: Path) -> str:
    """The bill as text.

    What a package requires is what its metadata say for this Python and platform, as far as the lock has it; what only
    an extra of it requires is left out.

    Args: project: pyproject.toml, which names what the bill is of.
    Raises: PackageError: a package of the lock is missing, or of another version.
    """
    stated = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    found = installed(lock)
    purls = {normal(name): purl(name, version) for name, version in locked(lock)}
    root = purl(stated["name"], stated["version"])
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": stated["name"],
                "version": stated["version"],
                "description": stated["description"],
                "licenses": _licenses([stated["license"]]),
                "purl": root,
            }
        },
        "components": [_component(package, purls[normal(package.name)]) for package in found],
        "dependencies": [
            {"ref": root, "dependsOn": _required(stated["dependencies"], purls)},
            *(
                {"ref": purls[normal(package.name)], "dependsOn": _required(package.requires or (), purls)}
                for package in found
            ),
        ],
    }
    return json.dumps(bill, indent=2, ensure_ascii=False) + "\n"


def purl(name: str, version: str) -> str:
    """A package of PyPI as a package URL.

    >>> purl("ruamel.yaml", "0.19.1"), purl("Ast_Serialize", "1.0+cpu")
    ('pkg:pypi/ruamel.yaml@0.19.1', 'pkg:pypi/ast-serialize@1.0%2Bcpu')
    """
    return f"pkg:pypi/{quote(name.lower().replace('_', '-'))}@{quote(version)}"


def _component(package: Distribution, ref: str) -> dict[str, Any]:
    """One package: what it is, and under which licence."""
    summary = "".join(package.metadata.get_all("Summary", []))
    return {
        "type": "library",
        "bom-ref": ref,
        "name": package.name,
        "version": package.version,
        **({"description": summary} if summary else {}),
        "licenses": _licenses(licences_of(package).named),
        "purl": ref,
    }


def _licenses(named: Iterable[str]) -> list[dict[str, Any]]:
    """Licences as the format has them: one expression alone, or a list of identifiers and words."""
    names = list(named)
    if len(names) == 1 and " " in names[0] and _is_spdx(names[0]):
        return [{"expression": names[0]}]
    return [{"license": {"id" if _is_spdx(name) else "name": name}} for name in names]


def _is_spdx(name: str) -> bool:
    """Whether a licence is written as SPDX writes it, and not in words."""
    try:
        return bool(canonicalize_license_expression(name) == name)
    except InvalidLicenseExpression:
        return False


def _required(requirements: Iterable[str], purls: dict[str, str]) -> list[str]:
    """Packages of the lock that are required here, without extras, in the order of their names."""
    asked = map(Requirement, requirements)
    names = {normal(one.name) for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})}
    return sorted(purls[name] for name in names if name in purls)
