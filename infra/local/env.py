"""`make env`: the settings of `make dev`'s stack as lines for a shell, for running tests and the operator's tool by hand."""

import os
import shlex

from place import Place
from say import Failure, line, run_main


def main() -> None:
    import up

    place = Place("dev")
    known = place.read("stack.json")
    if "outputs" not in known or not place.alive("aws"):
        raise Failure("there is no local stack", "`make dev` starts one")
    for name, value in sorted(up.test_settings(place, known).items()):
        if os.environ.get(name) != value:
            line(f"export {name}={shlex.quote(value)}")


run_main(main)
