"""A real Slurm of one node with fake GPUs, in a folder of its own.

Nothing outside the folder is written: clients are wrapped to find its slurm.conf (Snakemake's jobstep drops SLURM_CONF,
the PATH stays), munge has its own key and socket, ports are free ones. Daemons are children in the foreground that the
kernel ends with their parent, so that a killed session leaves nothing that the next one could meet.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from support.workspace import environment

CLIENTS = ("sinfo", "squeue", "sbatch", "srun", "scancel", "scontrol", "sacct")
PROGRAMS = ("munged", "slurmctld", "slurmd", "setpriv", *CLIENTS)
DEVICES = ("null", "zero", "full", "random")  # Slurm wants character devices as GPUs and never opens them
CONTROLLER = ("-D",)
TIED_TO_PARENT = ("setpriv", "--pdeathsig", "TERM")

SLURM_CONF = """\
ClusterName=lethe
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
TaskProlog={folder}/record_devices
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=2,bf_interval=2
MpiDefault=none
ReturnToService=2
MinJobAge=1200
GresTypes=gpu
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 Boards=1 SocketsPerBoard=1 CoresPerSocket=4 ThreadsPerCore=1 \
RealMemory=96000 Gres=gpu:fake:4 State=UNKNOWN
PartitionName=gpu Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
RECORD_DEVICES = '#!/bin/sh\necho "$SLURM_JOB_ID|$CUDA_VISIBLE_DEVICES" >> {folder}/devices\n'


@dataclass(frozen=True)
class Job:
    """What the controller knows of a job; `task` is Snakemake's comment: rule and wildcards."""

    number: int
    task: str
    state: str
    memory: str
    has_gpu: bool

    def is_of(self, rule: str) -> bool:
        return self.task.startswith(f"rule_{rule}_wildcards")


@dataclass(frozen=True)
class Cluster:
    """A running Slurm, its daemons by their names."""

    folder: Path
    daemons: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """The tests' variables with this Slurm's clients first on the path."""
        shell = {name: value for name, value in environment().items() if not name.startswith(("SLURM", "SBATCH"))}
        return {**shell, "PATH": f"{self.folder / 'bin'}{os.pathsep}{shell['PATH']}"}

    def ask(self, *command: str) -> str:
        """Output of a client; empty while the controller does not answer."""
        result = subprocess.run(
            command, env=self.environment(), capture_output=True, text=True, timeout=60, check=False
        )
        return result.stdout if result.returncode == 0 else ""

    def jobs(self) -> list[Job]:
        """All jobs that were ever submitted, in that order."""
        lines = self.ask("scontrol", "--oneliner", "show", "jobs").splitlines()
        return sorted((_job(line) for line in lines if line.startswith("JobId=")), key=lambda job: job.number)

    def visible_devices(self) -> dict[int, str]:
        """CUDA_VISIBLE_DEVICES as each job's own process was given it; empty without a GPU."""
        lines = (self.folder / "devices").read_text().splitlines()
        return {int(number): devices for number, devices in (line.split("|") for line in lines)}

    def order(self, *command: str) -> None:
        """Let a client do something; fail where Slurm refuses."""
        subprocess.run(command, env=self.environment(), timeout=60, check=True)

    def node(self) -> str:
        """State of the node: idle, mixed, draining, ..."""
        return self.ask("sinfo", "--noheader", "--format=%T").strip()

    def state(self, job: int) -> str:
        """State of a job; empty while the controller does not answer."""
        found = re.search(r"JobState=(\S+)", self.ask("scontrol", "--oneliner", "show", "job", str(job)))
        return found.group(1) if found else ""

    def kill_controller(self) -> None:
        """The controller ends without a word, as with its machine."""
        self.daemons["slurmctld"].kill()
        self.daemons["slurmctld"].wait()

    def start_daemon(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """A daemon in the foreground; a session of its own keeps Ctrl-C from it until jobs are cancelled."""
        with (self.folder / f"{program}.log").open("ab") as log:
            self.daemons[program] = subprocess.Popen(
                [*TIED_TO_PARENT, str(_real(program)), *arguments],
                env={**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.daemons[program]

    def stop_daemon(self, program: str) -> None:
        """End a daemon, if it was started."""
        process = self.daemons[program]
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def cancel_all(self) -> None:
        """End what still runs: a job's processes would outlive the daemons."""
        self.ask("scancel", "--user=root")
        deadline = time.monotonic() + 20
        while self.ask("squeue", "--noheader") and time.monotonic() < deadline:
            time.sleep(0.3)


def _job(line: str) -> Job:
    fields = dict(re.findall(r"(\w+)=(\S*)", line))
    requests = [value for name, value in fields.items() if name.startswith("TresPer")]
    return Job(
        number=int(fields["JobId"]),
        task=fields.get("Comment", ""),
        state=fields["JobState"],
        memory=fields["MinMemoryNode"],
        has_gpu=any(re.fullmatch(r"gres[:/]gpu:1", request) for request in requests),
    )


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """Start munge, controller and node; stop them all in the end, however it comes."""
    cluster = Cluster(folder)
    host = socket.gethostname().split(".")[0]
    _write_settings(folder, host)
    with ExitStack() as stack:
        munge_socket, key = folder / "munge.socket", folder / "munge.key"
        munge = [f"--{name}={folder}/munge.{name.split('-')[0]}" for name in ("pid-file", "seed-file")]
        settings = ("--foreground", "--force", f"--socket={munge_socket}", f"--key-file={key}", *munge)
        commands = {"munged": settings, "slurmctld": CONTROLLER, "slurmd": ("-D", "-N", host)}
        for program, arguments in commands.items():
            process = cluster.start_daemon(program, *arguments)
            stack.callback(cluster.stop_daemon, program)
            if program == "munged":
                wait_until(munge_socket.exists, "munge's socket", 30, process)
        stack.callback(cluster.cancel_all)
        wait_until(lambda: cluster.node() == "idle", "an idle node", 90, process)
        yield cluster


def _write_settings(folder: Path, host: str) -> None:
    for name in ("state", "spool", "bin"):
        (folder / name).mkdir(parents=True)
    controller_port, node_port = _free_ports()
    settings = SLURM_CONF.format(host=host, folder=folder, controller_port=controller_port, node_port=node_port)
    (folder / "slurm.conf").write_text(settings)
    gpus = [f"NodeName={host} Name=gpu Type=fake File=/dev/{device}\n" for device in DEVICES]
    (folder / "gres.conf").write_text("".join(gpus))
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    _write_program(folder / "record_devices", RECORD_DEVICES.format(folder=folder))
    for client in CLIENTS:
        call = f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {_real(client)} "$@"\n'
        _write_program(folder / "bin" / client, call)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def _write_program(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)


def _real(program: str) -> str | None:
    """Where the system has a program: ahead of it the tests' path holds an `scontrol` that only fails."""
    return shutil.which(program, path="/usr/bin:/usr/sbin:/bin:/sbin:/usr/local/bin:/usr/local/sbin")


def missing_programs() -> list[str]:
    return [program for program in PROGRAMS if _real(program) is None]


def wait_until(is_true: Callable[[], bool], what: str, seconds: float, process: subprocess.Popen[bytes]) -> None:
    """Return once something is true; fail when time is up or the process that should bring it about has ended."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert process.poll() is None, f"waiting for {what}: {process.args} ended with {process.returncode}"
        assert time.monotonic() < deadline, f"no {what} within {seconds} s"
        time.sleep(0.2)
