"""Builds what runs locally: the functions and tools, natively, in the profile and target folder that the tests use."""

import os
import subprocess
from pathlib import Path

from place import FUNCTIONS, ROOT, TARGET
from say import TTY, Failure, Step

# The whole workspace each time: the features of shared crates, and so their artefacts, are then the same for everybody.
SHARED = ["--workspace", *(["--locked"] if os.environ.get("CI") else [])]


def everything(title: str, arguments: list, log: Path) -> None:
    """Runs cargo, showing which crate it is at; what it says goes to the log and, when it fails, to the person."""
    with Step(title) as step:
        cargo(arguments, log, step)


def cargo(arguments: list, log: Path, step: Step) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    compiled = 0
    with log.open("w") as out:
        process = subprocess.Popen(
            ["cargo", *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
        )
        for text in process.stdout:
            out.write(text)
            word, _, rest = text.strip().partition(" ")
            if word in ("Compiling", "Checking"):
                compiled += 1
                step.detail(f"{compiled} crates, now {rest.split(' ')[0]}")
            elif word == "Blocking":
                step.detail("another cargo is at work")
        code = process.wait()
    step.detail(f"{compiled} crates" if compiled or TTY else "")
    if code:
        raise Failure(f"cargo {' '.join(arguments[:2])} failed", "mend what the compiler says above", log)


def binary(name: str, profile: str = "debug") -> Path:
    """A program as cargo left it."""
    path = TARGET / profile / name
    if not path.exists():
        raise Failure(f"{path} is missing", "`cargo build --workspace --bins` says why")
    return path


def function_binaries(profile: str) -> dict:
    return {name: binary(name, profile) for name in FUNCTIONS}
