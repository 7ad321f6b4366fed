"""What a person decides about files that changed after a study had read them."""

from pathlib import Path

from lethe.data.watch import accept, changes
from lethe.run.checked import checked_study
from lethe.study.config import Study
from lethe.study.paths import CHECKED
from lethe.study.precheck import named_files, precheck_options


def accept_inputs(config: Path) -> str:
    """Keep a study's results although files that they were made from have changed; returns what was accepted.

    Raises: ConfigError: the config is wrong.
    """
    study = checked_study(config)
    accepted = accept(study, precheck_options(study, where=str(config), cache=Path(CHECKED)))
    if not accepted:
        return f"Nothing to accept: no file that study '{study.study}' has read is known to have changed."
    return "\n".join(f"Accepted: {title} as they are now; results stay." for title in accepted)


def input_warnings(study: Study) -> list[str]:
    """A sentence for all files of a study that differ from those that were read; writes nothing."""
    return changes(study, named_files(study, cache=Path(CHECKED)))
