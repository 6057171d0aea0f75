"""`make bench`: what the release build costs, measured on a stack of its own; writes BENCHMARKS.md.

The journey runs twice: with password hashing as in production, and with as little of it as the algorithm allows, so that
the work of everything else can be seen.
"""

import os
import subprocess
import sys

import build
import tools
from place import FUNCTIONS, LOCAL, ROOT, TARGET, Place
from say import Failure, Step, run_main

LOG = LOCAL / "log"
FIGURES = LOCAL / "bench-figures"
MODES = {"with hashing": {}, "without hashing": {"Argon2MemoryKib": 8, "Argon2Iterations": 1}}


def prepare() -> None:
    LOG.mkdir(parents=True, exist_ok=True)
    with Step("Installing the local AWS and SAM"):
        tools.install_python("aws")
        tools.install_python("sam")
    build.everything("Building the tools", ["build", *build.SHARED, "--bins"], LOG / "build.log")
    # Only the functions: the tools would ask more features of the crates that they share.
    measured = [word for name in [*FUNCTIONS, "hello"] for word in ("-p", name)]
    build.everything("Building the release binaries", ["build", "--release", "--bins", *measured], LOG / "release.log")


def measure(arguments: list) -> None:
    code = subprocess.run([str(part) for part in [build.binary("bench"), *arguments]], cwd=ROOT, check=False).returncode
    if code:
        raise Failure(f"bench {arguments[0]} failed", "mend what it says above")


def count_writes(environment: dict, out) -> None:
    """Lets the test that checks carts of several sizes out write down what that costs."""
    with Step("Counting what checkouts write"), (LOG / "capacity.log").open("wb") as log:
        command = ["cargo", "nextest", "run", *build.SHARED, "-E", "package(checkout) & test(/capacity/)"]
        code = subprocess.run(
            command, cwd=ROOT, env={**environment, "HAAT_CAPACITY_OUT": str(out)},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False).returncode
    if code:
        raise Failure("the test of what checkouts write failed", "mend what it says", LOG / "capacity.log")


def main() -> None:
    if "--prepared" not in sys.argv:
        prepare()
        os.execv(tools.python("aws"), [str(tools.python("aws")), *sys.argv, "--prepared"])

    import up

    FIGURES.mkdir(parents=True, exist_ok=True)
    figures = [FIGURES / "cold-start.json"]
    measure(["cold-start", "--binaries", TARGET / "release", "--out", figures[0]])
    for mode, overrides in MODES.items():
        place = Place(f"bench-{os.getpid()}")
        try:
            known = up.up(place, {}, "release", overrides)
            up.seed(place, known)
            figures.append(FIGURES / f"{mode.replace(' ', '-')}.json")
            measure(["journey", "--stack", place.dir / "stack.json", "--mode", mode, "--out", figures[-1]])
            if mode == list(MODES)[-1]:
                figures.append(FIGURES / "capacity.json")
                count_writes(up.test_settings(place, known), figures[-1])
        finally:
            place.remove()
    measure(["report", *figures])


if __name__ == "__main__":
    run_main(main)
