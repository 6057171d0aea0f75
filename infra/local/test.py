"""`make test`: every check and every test, on a stack of its own that is gone afterwards.

Order: what fails fastest comes first, and one run of the test runner, with all tests in it, comes last.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import build
import tools
from place import FUNCTIONS, LOCAL, ROOT, Place
from say import Failure, Step, run_main

LOG = LOCAL / "log"
ADVICE = {"haat openapi --check": "`make openapi` writes the document anew; look at what changed before you commit it"}


def prepare() -> None:
    """With any Python: tools in the background, while formatting, lints and the build go on."""
    installing = []
    for names in (["aws", "sam", "cargo-nextest"], ["cargo-deny"]):
        log = (LOG / f"install-{names[0]}-for-test.log").open("wb")
        installing.append((names, subprocess.Popen([sys.executable, tools.__file__, *names], stdout=log, stderr=log)))
    try:
        build.everything("Checking the format", ["fmt", "--all", "--check"], LOG / "fmt.log")
        build.everything(
            "Checking with clippy", ["clippy", *build.SHARED, "--all-targets", "--", "-D", "warnings"], LOG / "clippy.log")
        build.everything("Building functions, tools and tests", ["build", *build.SHARED, "--all-targets"], LOG / "build.log")
        for names, process in installing:
            with Step(f"Installing {', '.join(names)}"):
                if process.wait():
                    raise Failure(
                        f"could not install {', '.join(names)}", "check the connection to the package registry",
                        LOG / f"install-{names[0]}-for-test.log")
    finally:
        for _, process in installing:
            process.terminate()


def checks() -> list:
    """The checks that need no stack: their names and commands."""
    templates = [ROOT / "template.yaml", *sorted((ROOT / "infra").glob("*.yaml"))]
    return [
        ("cfn-lint", [tools.binary("sam", "cfn-lint"), *templates], {}),
        ("sam validate --lint", [tools.binary("sam", "sam"), "validate", "--lint", "--region", "ap-south-1"],
         {"SAM_CLI_TELEMETRY": "0"}),
        # The database of advisories is elsewhere on the network: `make audit` asks it.
        ("haat openapi --check", [build.binary("haat"), "openapi", "--check"], {}),
        ("cargo deny", [tools.binary("cargo-deny", "cargo-deny"), "check", "bans", "licenses", "sources"], {}),
    ]


def check(name: str, command: list, environment: dict) -> None:
    log = LOG / f"{name.split()[0]}-check.log"
    with log.open("wb") as out:
        code = subprocess.run(
            [str(part) for part in command], cwd=ROOT, env={**os.environ, **environment},
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False).returncode
    if code:
        raise Failure(f"{name} found something", ADVICE.get(name, "mend what it says above"), log)


def sweep() -> None:
    """Ends and removes what earlier runs, killed before they could, have left behind."""
    for left in LOCAL.glob("test-*"):
        if not Path(f"/proc/{left.name.removeprefix('test-')}").exists():
            Place(left.name).remove()


def keep_function_logs(place: Place) -> None:
    """Writes what each function said beside the other logs of the stack, before all of it is gone."""
    import deploy
    import stack

    if not place.alive("aws"):
        return
    client = stack.client(place.read("stack.json")["endpoint"], "logs")
    for name in FUNCTIONS:
        with contextlib.suppress(Exception), (place.log / f"function-{name}.log").open("w") as out:
            for page in client.get_paginator("filter_log_events").paginate(logGroupName=f"/haat/{deploy.STACK}/{name}"):
                out.writelines(event["message"].rstrip() + "\n" for event in page["events"])


def main() -> int:
    LOG.mkdir(parents=True, exist_ok=True)
    if "--prepared" not in sys.argv:
        prepare()
        os.execv(tools.python("aws"), [str(tools.python("aws")), *sys.argv, "--prepared"])

    import up

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sweep()
    place = Place(f"test-{os.getpid()}")
    code = 1
    try:
        with ThreadPoolExecutor(3) as pool:
            pending = [pool.submit(check, *entry) for entry in checks()]
            known = up.up(place, {})
            with Step(", ".join(name for name, _, _ in checks())):
                for result in pending:
                    result.result()
        code = subprocess.run(
            [str(tools.binary("cargo-nextest", "cargo-nextest")), "nextest", "run", *build.SHARED],
            cwd=ROOT, env={**up.test_settings(place, known), "INSTA_UPDATE": "no"}, check=False).returncode
    finally:
        if code:
            keep_function_logs(place)
            shutil.copytree(place.log, LOG / "last-failed-test", dirs_exist_ok=True)
        place.remove()
    return code


if __name__ == "__main__":
    run_main(main)
