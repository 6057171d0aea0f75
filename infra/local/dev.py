"""`make dev`: a local Haat to work on and try, in one command.

The first run installs tools and builds everything; later ones build and update what changed since.
"""

import os
import subprocess
import sys

import build
import tools
from place import LOCAL, Place
from say import Failure, Step, line, run_main

PLACE = "dev"


def prepare() -> None:
    """With any Python: tools and binaries, side by side."""
    with open_log("install") as log:
        installing = subprocess.Popen([sys.executable, tools.__file__, "aws", "sam"], stdout=log, stderr=subprocess.STDOUT)
    try:
        build.everything("Building functions and tools", ["build", *build.SHARED, "--bins"], LOCAL / "log" / "build.log")
        with Step("Installing the local AWS and SAM"):
            code = installing.wait()
    finally:
        installing.terminate()
    if code:
        raise Failure("could not install the tools", "check the connection to the package registry", LOCAL / "log" / "install.log")


def main() -> None:
    if "--prepared" not in sys.argv:
        prepare()
        os.execv(tools.python("aws"), [str(tools.python("aws")), *sys.argv, "--prepared"])

    import up

    place = Place(PLACE)
    known = up.up(place, {"aws": 4566, "api": int(os.environ.get("HAAT_PORT", "8080")), "stand-ins": 9400})
    # Each time: it changes nothing that is there, and a stand-in that was started anew learns its accounts.
    said = up.seed(place, known)
    line()
    line(said)
    line(f"Mails that were sent: {known['mailsUrl']}")
    line("Next: edit, then `make dev` again; `make logs` to watch, `make stop` to end, `make help` for the rest.")


def open_log(name: str):
    path = LOCAL / "log" / f"{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("wb")


if __name__ == "__main__":
    run_main(main)
