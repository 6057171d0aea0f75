"""`make env`: the settings of `make dev`'s stack as lines for a shell, for running tests and the operator's tool by hand."""

import os
import shlex

from place import PAST_PROXIES, Place
from say import Failure, line, run_main


def main() -> None:
    import up

    place = Place("dev")
    known = place.read("stack.json")
    if "outputs" not in known or not place.alive("aws"):
        raise Failure("there is no local stack", "`make dev` starts one")
    settings = {name: value for name, value in up.test_settings(place, known).items() if os.environ.get(name) != value}
    # These are in this process's own environment, which the shell does not have.
    for name, value in sorted({**settings, **PAST_PROXIES}.items()):
        line(f"export {name}={shlex.quote(value)}")


run_main(main)
