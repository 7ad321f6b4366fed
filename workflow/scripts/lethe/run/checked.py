"""A study whose config is right in every word, the options of its plug-ins included."""

from pathlib import Path

from lethe.study.config import Study
from lethe.study.config_file import read_study_file, shown_path
from lethe.study.grid import Grid
from lethe.study.origin import config_name, refuse_replacing
from lethe.study.paths import CHECKED
from lethe.study.precheck import precheck_options


def checked_study(config: Path) -> Study:
    """The study that a file describes. The first look takes seconds, as it loads the plug-ins; it is remembered.

    Raises: ConfigError: every mistake found, one per line.
    """
    study = read_study_file(config)
    precheck_options(study, where=shown_path(config), cache=Path(CHECKED))
    return study


def startable_study(config: Path) -> Study:
    """A study that is right, and whose run replaces no network of another config.

    Raises:
        ConfigError: as `checked_study`.
        ReplacesNetworks: another config of the same name has made networks with other values.
    """
    study = checked_study(config)
    refuse_replacing(Grid(study), config_name([config]))
    return study
