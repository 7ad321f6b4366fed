"""One warm server per test process, for jobs and dry runs of all workspaces: imports are paid once, not per job."""

import atexit
import hashlib
import os
import sys
from functools import cache
from pathlib import Path

from lethe.run import warm_starts
from lethe.run.environment import stated

HERE = Path(__file__).parent
_CLIENT = """\
#!/bin/sh
exec '{python}' -I -S '{client}' '{address}' "$@"
"""
# A client whose entry scripts are those of this folder.
_AS_CLIENT = (
    "import sys; sys.path.insert(0, {run!r}); import warm_client as client; client.SCRIPTS = {here!r}; client.main()"
)


def with_warm_starts(workspace: Path, variables: dict[str, str]) -> dict[str, str]:
    """Variables with which jobs of a workspace are forked from this process's server; unchanged without a client."""
    command = warm_python(workspace)
    return variables if command is None else {**variables, "PATH": f"{command.parent}{os.pathsep}{variables['PATH']}"}


def warm_python(workspace: Path) -> Path | None:
    """A command that runs the entry scripts of a workspace as children of this process's server; None without one."""
    client = workspace / "workflow/scripts/lethe/run/warm_client.py"
    if not client.is_file():
        return None
    address = _address()
    command = address.parent / hashlib.sha256(str(client).encode()).hexdigest()[:16] / "python"
    own_address = command.with_name(address.name)  # the client takes the folder of its address off the PATH
    command.parent.mkdir(exist_ok=True)
    if not own_address.exists():
        own_address.symlink_to(address)
    command.write_text(_CLIENT.format(python=sys.executable, client=client, address=own_address))
    command.chmod(0o755)
    return command


def warm_snakemake(*arguments: str) -> list[str]:
    """A command that runs Snakemake as a child of this process's server: for dry runs, mostly imports."""
    as_client = _AS_CLIENT.format(run=str(warm_starts.HERE), here=str(HERE))
    address = str(_address())
    return [sys.executable, "-I", "-S", "-c", as_client, address, str(HERE / "snakemake_main.py"), *arguments]


@cache
def _address() -> Path:
    """Where a server listens for jobs in their stated environment; it is started here, and ends with this process."""
    folder = warm_starts._private_folder()
    variables = stated({**os.environ, "OMP_NUM_THREADS": "1"})
    lifeline, server = warm_starts._start_server(folder, variables, program=HERE / "warm_main.py")

    def end() -> None:
        os.close(lifeline)
        server.wait(timeout=60)

    atexit.register(end)
    return folder / warm_starts.SOCKET
