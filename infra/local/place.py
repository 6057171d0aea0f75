"""Where things are: the clone, the cache that clones share, and the folder of one local stack."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "haat"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
REGION = "ap-south-1"
ACCOUNT = "123456789012"

# All of a local stack is on this machine: no proxy of the developer's network can be asked for it.
PAST_PROXIES = {}
for variable in ("NO_PROXY", "no_proxy"):
    hosts = [host for host in os.environ.get(variable, "").split(",") if host]
    PAST_PROXIES[variable] = ",".join([*hosts, *(host for host in ("127.0.0.1", "localhost") if host not in hosts)])
os.environ.update(PAST_PROXIES)

FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/Cargo.toml"))


class Place:
    """The folder of one local stack: its settings, logs and the pid of everything it started."""

    def __init__(self, name: str):
        self.name = name
        self.dir = LOCAL / name
        self.run = LOCAL / "run" / name
        self.log = self.dir / "log"
        self.tmp = self.dir / "tmp"
        for path in (self.run, self.log, self.tmp):
            path.mkdir(parents=True, exist_ok=True)

    def read(self, name: str) -> dict:
        path = self.dir / name
        return json.loads(path.read_text()) if path.exists() else {}

    def write(self, name: str, value: dict) -> Path:
        path = self.dir / name
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")
        fresh.replace(path)
        return path

    def start(self, what: str, command: list, env: "dict | None" = None) -> None:
        """Starts a process in the background. Its output goes to log/<what>.log, its pid to .local/run."""
        with (self.log / f"{what}.log").open("wb") as out:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )
        (self.run / f"{what}.pid").write_text(f"{process.pid} {_born(process.pid)}\n")

    def alive(self, what: str) -> bool:
        return self._pid(what) is not None

    def tell(self, what: str, sign: signal.Signals) -> None:
        """Tells the process something, if it runs."""
        pid = self._pid(what)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)

    def stop(self, what: str, patience: float = 2.0) -> bool:
        """Ends the process and its children, politely first. True if it was running."""
        pid = self._pid(what)
        if pid is not None:
            for sign, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 2.0)):
                try:
                    os.killpg(pid, sign)
                except ProcessLookupError:
                    break
                until = time.monotonic() + wait
                while time.monotonic() < until and _group_alive(pid):
                    time.sleep(0.05)
                if not _group_alive(pid):
                    break
        (self.run / f"{what}.pid").unlink(missing_ok=True)
        return pid is not None

    def stop_all(self) -> list:
        return [path.stem for path in sorted(self.run.glob("*.pid")) if self.stop(path.stem)]

    def remove(self) -> None:
        """Ends everything and leaves nothing."""
        self.stop_all()
        shutil.rmtree(self.dir, ignore_errors=True)
        shutil.rmtree(self.run, ignore_errors=True)

    def _pid(self, what: str) -> "int | None":
        # A pid may have been given to another program since: the time it was born tells.
        path = self.run / f"{what}.pid"
        if not path.exists():
            return None
        pid, _, born = path.read_text().strip().partition(" ")
        return int(pid) if _born(int(pid)) == born and born else None


def _born(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return "" if stat[0] == "Z" else stat[19]
    except OSError:
        pass
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "-".join(shown.stdout.split())


def _group_alive(group: int) -> bool:
    """Whether any process of the group still runs; those that ended and wait to be asked for do not count."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(group, os.WNOHANG)
    if Path("/proc/self/stat").exists():
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, _, its_group = path.read_text().rsplit(")", 1)[1].split()[:3]
                if int(its_group) == group and state != "Z":
                    return True
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, 0)
        return True
    return False


def free_port(wanted: int = 0) -> int:
    """The wanted port if it is free, or any free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise OSError("no free port")
