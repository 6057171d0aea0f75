"""`make logs`: what the functions say, all of them, as it comes. `make logs F=checkout` follows one."""

import os
import sys
import time

import tools
from place import FUNCTIONS, Place
from say import Failure, line, run_main


def main() -> None:
    place = Place("dev")
    known = place.read("stack.json")
    if not known or not place.alive("aws"):
        raise Failure("there is no local stack", "`make dev` starts one")
    tools.run_in("aws")
    import deploy
    import stack

    wanted = os.environ.get("F", "").split() or FUNCTIONS
    unknown = sorted(set(wanted) - set(FUNCTIONS))
    if unknown:
        raise Failure(f"there is no function {', '.join(unknown)}", f"the functions are {', '.join(FUNCTIONS)}")
    client = stack.client(known["endpoint"], "logs")
    since = int((time.time() - 60) * 1000)
    seen = set()
    width = max(map(len, wanted))
    line(f"following {', '.join(wanted)} (Ctrl-C ends)")
    while True:
        found = []
        for name in wanted:
            pages = client.get_paginator("filter_log_events").paginate(
                logGroupName=f"/haat/{deploy.STACK}/{name}", startTime=since)
            found += [(event["timestamp"], name, event["message"].rstrip()) for page in pages for event in page["events"]]
        for entry in sorted(found):
            when, name, text = entry
            if entry not in seen and not text.startswith(("START RequestId", "END RequestId")):
                line(f"{name:{width}}  {text}")
            seen.add(entry)
            since = max(since, when - 5000)
        seen = {entry for entry in seen if entry[0] >= since}
        if "--once" in sys.argv:
            return
        time.sleep(0.5)


run_main(main)
