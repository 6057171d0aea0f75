"""`make stop` ends everything that `make dev` started; `make reset` also forgets its data and starts anew."""

import os
import shutil
import sys
from pathlib import Path

from place import LOCAL, Place
from say import line, run_main


def main() -> None:
    place = Place("dev")
    stopped = place.stop_all()
    line(f"stopped {', '.join(stopped)}" if stopped else "nothing was running")
    if "--reset" in sys.argv:
        shutil.rmtree(LOCAL / "dev", ignore_errors=True)
        line("all local data is gone; starting anew")
        os.execv(sys.executable, [sys.executable, str(Path(__file__).with_name("dev.py"))])


run_main(main)
