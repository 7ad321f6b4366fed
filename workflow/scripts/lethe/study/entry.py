"""How rules call the entry scripts: in the same words wherever the workflow lies, and on every machine.

Snakemake runs a job again when the text of its command changes. A command that named the workflow's folder would run
every job again as soon as that folder had moved.
"""

import os
from pathlib import Path

ENTRY_SCRIPTS = "workflow/scripts"
VARIABLE = "LETHE"


def entry_scripts(workflow: Path) -> str:
    """The folder of the entry scripts as a shell reads it: relative in the workflow's own folder, by $LETHE elsewhere.

    Every process that runs a job parses the Snakefile first, on a cluster's nodes too; that sets the variable.

    Args: workflow: the folder that holds `rules/` and `workflow/`.
    """
    if workflow.resolve() == Path.cwd().resolve():
        return ENTRY_SCRIPTS
    os.environ[VARIABLE] = str(workflow.resolve())
    return f'"${VARIABLE}"/{ENTRY_SCRIPTS}'
