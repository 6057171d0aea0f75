"""What a person sees: one line for each step, with the seconds it has taken so far."""

import os
import sys
import threading
import time
from pathlib import Path

TTY = sys.stdout.isatty()
# Where output is kept and not watched, one line a while is enough.
EVERY = 0.2 if TTY else 20.0


class Failure(Exception):
    """Something a person must act on: what happened, and what to do next."""

    def __init__(self, what: str, next_step: str = "", log: "Path | None" = None):
        super().__init__(what)
        self.what = what
        self.next_step = next_step
        self.log = log
        # Read now: the folder of a test's stack is gone by the time a person is told.
        self.tail = log.read_text(errors="replace").splitlines()[-40:] if log and log.exists() else []


def line(text: str = "") -> None:
    print(text, flush=True)


def run_main(main) -> None:
    """Runs an entry point; a Failure becomes a message, not a traceback."""
    try:
        code = main()
    except Failure as failure:
        sys.stdout.flush()
        if failure.tail:
            print("\n".join(failure.tail), file=sys.stderr)
            if failure.log.exists():
                print(f"(the whole of it: {os.path.relpath(failure.log)})", file=sys.stderr)
        print(f"\nfailed: {failure.what}", file=sys.stderr)
        if failure.next_step:
            print(f"next:   {failure.next_step}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nstopped by you", file=sys.stderr)
        sys.exit(130)
    sys.exit(code or 0)


class Step:
    """`with Step("Building"): …` shows the step, how long it has taken and, on `detail`, how far it is."""

    def __init__(self, title: str):
        self.title = title
        self.note = ""
        self.started = time.monotonic()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> "Step":
        if TTY:
            self._show("…")
        else:
            line(f"  … {self.title}")
        self._thread.start()
        return self

    def detail(self, note: str) -> None:
        self.note = note

    def elapsed(self) -> float:
        return time.monotonic() - self.started

    def _tick(self) -> None:
        while not self._done.wait(EVERY):
            self._show("…")

    def _show(self, mark: str) -> None:
        note = f"  {self.note}" if self.note else ""
        text = f"  {mark} {self.title} {self.elapsed():.1f} s{note}"
        if TTY:
            width = os.get_terminal_size().columns - 1
            sys.stdout.write("\r\x1b[K" + text[:width])
            sys.stdout.flush()
        else:
            line(text)

    def __exit__(self, kind, *_):
        self._done.set()
        self._thread.join()
        self._show("✓" if kind is None else "✗")
        if TTY:
            line()
        return False
