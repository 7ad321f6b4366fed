"""Check a study before any job starts; reads its JSON from standard input, prints what is known of it then."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from lethe.compress.enough_images import check_images
from lethe.compress.feasible import check_compression
from lethe.core import cli
from lethe.data.attributes import check_attributes
from lethe.data.counts import check_root, counts_of
from lethe.networks.given_weights import check_weights
from lethe.networks.size import network_bytes
from lethe.study.config import Study
from lethe.study.options import check_options, named_files


def main(
    where: Annotated[str, typer.Option(help="file that the study came from, for messages")],
    cache: Annotated[Path | None, typer.Option(help="folder that remembers what networks said")] = None,
) -> None:
    """Exit with 1 and one line per mistake: options, files, a network or levels that do not fit.

    Prints, as JSON, the bytes of one network, and the files that options name by part of the config.
    """
    study = Study.model_validate_json(sys.stdin.buffer.read())
    check_options(study, where=where)
    check_root(study, where=where)
    check_attributes(study, where=where)
    check_images(study, where=where)
    check_weights(study, where=where)
    check_compression(study, where=where, cache=cache)
    counts = counts_of(study)
    size = network_bytes(study, 2 if counts is None else len(counts.train))
    files = {part: list(map(str, files)) for part, files in named_files(study).items()}
    print(json.dumps({"network_bytes": size, "files": files}))


if __name__ == "__main__":
    cli.run(main)
