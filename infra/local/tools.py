"""Installs the pinned tools, once for all clones: they live in the cache and are linked into .local/tools."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from place import CACHE, LOCAL
from say import Failure, run_main

HERE = Path(__file__).resolve().parent
LINKS = LOCAL / "tools"

CARGO_NEXTEST = "0.9.143"
CARGO_DENY = "0.20.2"


def python(name: str) -> Path:
    return LINKS / name / "bin" / "python"


def binary(name: str, program: str) -> Path:
    return LINKS / name / "bin" / program


def install_python(name: str) -> None:
    """Makes the virtual environment of requirements-<name>.txt."""
    wanted = (HERE / f"requirements-{name}.txt").read_bytes()
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    mark = hashlib.sha256(wanted + version.encode() + sys.base_prefix.encode()).hexdigest()[:12]
    place = CACHE / "tools" / f"{name}-{mark}"

    def make() -> None:
        shutil.rmtree(place, ignore_errors=True)
        log = _log(name)
        _run([sys.executable, "-m", "venv", place], log)
        pip = [place / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "-r", HERE / f"requirements-{name}.txt"], log)

    _once(place, make)
    _link(name, place)


def install_cargo(crate: str, version: str) -> None:
    """Installs a cargo subcommand, unless that version is on the PATH already."""
    found = shutil.which(crate)
    if found and version in subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout:
        (LINKS / crate / "bin").mkdir(parents=True, exist_ok=True)
        link = LINKS / crate / "bin" / crate
        link.unlink(missing_ok=True)
        link.symlink_to(found)
        return
    place = CACHE / "tools" / f"{crate}-{version}"

    def make() -> None:
        # Built without optimization: it takes a third of the time to build, and runs for a second at most.
        env = {**os.environ, "CARGO_PROFILE_DEV_DEBUG": "0", "CARGO_TARGET_DIR": str(place / "target")}
        env.pop("RUSTFLAGS", None)
        _run(["cargo", "install", "--locked", "--debug", f"{crate}@{version}", "--root", place], _log(crate), env)
        shutil.rmtree(place / "target", ignore_errors=True)

    _once(place, make)
    _link(crate, place)


def run_in(name: str) -> None:
    """Goes on under the Python of a virtual environment, which has the libraries that the rest imports."""
    if Path(sys.prefix).resolve() != (LINKS / name).resolve():
        os.execv(python(name), [str(python(name)), *sys.argv])


def _once(place: Path, make) -> None:
    """Makes a place under a lock, and marks it as whole only at the end."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{place}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = place / ".whole"
        if not stamp.exists():
            make()
            stamp.touch()


def _link(name: str, place: Path) -> None:
    LINKS.mkdir(parents=True, exist_ok=True)
    link = LINKS / name
    if link.is_symlink() and link.resolve() == place.resolve():
        return
    with contextlib.suppress(FileNotFoundError):
        link.unlink()
    link.symlink_to(place)


def _log(name: str) -> Path:
    path = LOCAL / "log" / f"install-{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def _run(command: list, log: Path, env: "dict | None" = None) -> None:
    with log.open("ab") as out:
        code = subprocess.run([str(part) for part in command], stdout=out, stderr=subprocess.STDOUT, env=env, check=False).returncode
    if code:
        raise Failure(
            f"could not install {log.stem.removeprefix('install-')}",
            "check the connection to the package registry, then run the same command again", log,
        )


def main() -> None:
    """`tools.py cargo-deny`: installs one tool; so that several can be installed side by side."""
    for tool in sys.argv[1:]:
        if tool == "cargo-deny":
            install_cargo(tool, CARGO_DENY)
        elif tool == "cargo-nextest":
            install_cargo(tool, CARGO_NEXTEST)
        else:
            install_python(tool)


if __name__ == "__main__":
    run_main(main)
