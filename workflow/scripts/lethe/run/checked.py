"""A study whose config is right in every word, the options of its plug-ins included."""

from pathlib import Path

from lethe.study.config import Study
from lethe.study.config_file import read_study_file, shown_path
from lethe.study.paths import CHECKED
from lethe.study.precheck import precheck_options


def checked_study(config: Path) -> Study:
    """The study that a file describes. The first look takes seconds, as it loads the plug-ins; it is remembered.

    Raises: ConfigError: every mistake found, one per line.
    """
    study = read_study_file(config)
    precheck_options(study, where=shown_path(config), cache=Path(CHECKED))
    return study
