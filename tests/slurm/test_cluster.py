"""A session of tests that is killed leaves no daemon behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from slurm.cluster import Cluster, wait_until
from support.workspace import ROOT

pytestmark = [pytest.mark.slurm, pytest.mark.slow]
SESSION = """
import signal, sys, time
# A shell starts background jobs with this signal ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from slurm.cluster import running_cluster
with running_cluster(Path(sys.argv[1])) as cluster:
    (cluster.folder / "up").touch()
    time.sleep(600)
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_daemons_end_with_their_session(ending: signal.Signals, slurm: Cluster, tmp_path: Path) -> None:
    folder = tmp_path / "second"  # beside the session's own Slurm, which must stay as it is
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    session = subprocess.Popen([sys.executable, "-c", SESSION, str(folder)], env=variables, stderr=subprocess.DEVNULL)
    wait_until((folder / "up").exists, "a second Slurm", 120, session)
    daemons = psutil.Process(session.pid).children()
    assert sorted(daemon.name() for daemon in daemons) == ["munged", "slurmctld", "slurmd"]
    session.send_signal(ending)
    session.wait(timeout=180)
    _, alive = psutil.wait_procs(daemons, timeout=30)
    assert alive == []
    assert slurm.node() in {"idle", "mixed", "allocated"}
