"""The page and its headlines as files, made from the report's tables and figures."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lethe.report.example_files import read_class_names
from lethe.report.headlines import Facts, as_text, headlines
from lethe.report.page import Provenance, page
from lethe.report.table_files import read_tables, read_units
from lethe.store.files import write_text
from lethe.store.provenance import package_versions


def make_page(
    parts: Sequence[Path],
    *,
    study: str,
    examples: Sequence[Path],
    code_version: str,
    html: Path,
    text: Path,
    stored: Path,
) -> None:
    """Write the page and its headlines as plain text.

    Args:
        parts: the report's tables (.parquet) and figures (.png, named by their file names).
        study: the study's whole config as JSON text; `stored` gets it as YAML, so that the folder explains itself.
        examples: the splits' tables of examples, for the names of the classes.
    """
    config = json.loads(study)
    names = read_class_names(examples)
    table_paths = [path for path in parts if path.suffix == ".parquet"]
    tables, units = read_tables(table_paths), read_units(table_paths)
    figures = {path.stem: path.read_bytes() for path in parts if path.suffix == ".png"}
    facts = Facts(config["study"], config["dataset"]["name"], int(config["seeds"]["count"]), names)
    found = headlines(tables, facts)
    provenance = Provenance(study_text(config), package_versions(), code_version)
    write_text(stored, study_text(config))
    write_text(html, page(facts.study, found, tables, figures, provenance, names, units))
    write_text(text, as_text(found))


def study_text(study: Mapping[str, Any]) -> str:
    """A study's config as YAML, keys in their order; where the data lie is nobody else's business."""
    import yaml

    shown = json.loads(json.dumps(study))
    shown.get("dataset", {}).pop("root", None)
    return str(yaml.safe_dump(shown, sort_keys=False, allow_unicode=True))
