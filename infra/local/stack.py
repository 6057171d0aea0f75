"""Starts and stops one local AWS (MiniStack) and talks to it."""

import contextlib
import json
import os
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path

import tools
from place import ACCOUNT, REGION, Place, free_port
from say import Failure

HERE = os.path.dirname(os.path.abspath(__file__))

# It takes half a second; half a minute where the disk is busy with what a build has just written, more on slow ones.
PATIENCE = 150.0


def start(place: Place, wanted_port: int = 0) -> str:
    """Starts the local AWS unless it runs, and gives its URL."""
    known = place.read("stack.json")
    if known and place.alive("aws") and _awaited(place, known["endpoint"]):
        return known["endpoint"]
    place.stop("aws")
    # What an earlier one knew is gone with it.
    for name in ("stack.json", "deployed.json"):
        (place.dir / name).unlink(missing_ok=True)
    port = free_port(wanted_port)
    endpoint = f"http://127.0.0.1:{port}"
    # Functions inherit this environment: they get nothing of the developer's own.
    environment = {
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_SECRET_ACCESS_KEY": "test",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": os.environ.get("HAAT_LOCAL_AWS_LOG", "WARNING"),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        # A function's call waits in one thread while the function's own calls need others.
        "MINISTACK_WORKER_THREADS": "256",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(place.tmp),
    }
    place.start("aws", [tools.python("aws"), os.path.join(HERE, "aws.py")], environment)
    if not _awaited(place, endpoint):
        # It writes to its log what each of its threads is at.
        place.tell("aws", signal.SIGUSR1)
        time.sleep(0.5)
        place.stop("aws")
        raise Failure(
            f"the local AWS did not start ({_load()})", "read its log; `make reset` starts from nothing", place.log / "aws.log")
    place.write("stack.json", {"endpoint": endpoint, "region": REGION})
    return endpoint


def client(endpoint: str, service: str):
    """A boto3 client of the local AWS. `test`/`test` are its root keys: they pass every check of permissions."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service, endpoint_url=endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"}),
    )


def environment(endpoint: str) -> dict:
    """What programs outside of the stack need to talk to it."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HAAT_"))}
    return {
        **mine, "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2",
        **{name: os.environ[name] for name in ("AWS_CA_BUNDLE",) if name in os.environ},
    }


def _awaited(place: Place, endpoint: str) -> bool:
    """Waits until the local AWS answers, while it is alive and patience lasts."""
    until = time.monotonic() + PATIENCE
    while not _answers(endpoint):
        if not place.alive("aws") or time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2) as reply:
            return "services" in json.load(reply)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def _load() -> str:
    """How busy the machine is: what waits for its processors, and the share of time in which all wait for its disk."""
    said = [f"load {os.getloadavg()[0]:.1f}"]
    with contextlib.suppress(OSError):
        said.append("disk " + Path("/proc/pressure/io").read_text().splitlines()[-1])
    return ", ".join(said)
