"""Everything of one local stack, in the order in which it starts: AWS, the functions, the stand-ins, the front door."""

import hashlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import build
import deploy
import stack
from place import REGION, Place, free_port
from say import Failure, Step

HERE = Path(__file__).resolve().parent


def up(place: Place, wanted: dict, profile: str = "debug", overrides: "dict | None" = None) -> dict:
    """Starts what does not run, updates what changed, and gives what others must know to use the stack.

    `wanted` are ports to take if they are free, `profile` that of the functions, `overrides` parameters of template.yaml.
    """
    with Step("Starting the local AWS") as step:
        endpoint = stack.start(place, wanted.get("aws", 0))
        step.detail(endpoint)
    ports = _ports(place, wanted)
    parameters = {
        "RazorpayUrl": f"http://127.0.0.1:{ports['stand-ins']}",
        "StripeUrl": f"http://127.0.0.1:{ports['stand-ins']}/stripe",
        "VnpayUrl": f"http://127.0.0.1:{ports['stand-ins']}/vnpay",
        "GoogleJwksUrl": f"http://127.0.0.1:{ports['stand-ins']}/google/certs",
        "MicrosoftJwksUrl": f"http://127.0.0.1:{ports['stand-ins']}/microsoft/keys",
        "RetrySeconds": 1,  # so that nobody waits for three tries
        **(overrides or {}),
    }
    outputs = deploy.deploy(place, endpoint, build.function_binaries(profile), parameters)
    door = f"http://127.0.0.1:{ports['api']}"
    api_url = f"{door}/api/v1"
    with Step("Opening the front door") as step:
        _keep(place, "stand-ins", ports["stand-ins"], [
            build.binary("stand-ins"), "--port", ports["stand-ins"], "--webhook-url-base", door])
        _keep(place, "front", ports["api"], [
            sys.executable, HERE / "front.py", ports["api"], endpoint.rsplit(":", 1)[1], outputs["ApiId"]])
        step.detail(api_url)
    with Step("Waiting until all parts answer"):
        _await_ready(f"{api_url}/health/ready")
    known = {
        "endpoint": endpoint, "region": REGION, "apiUrl": api_url, "outputs": outputs,
        "standInUrl": f"http://127.0.0.1:{ports['stand-ins']}", "mailsUrl": f"{endpoint}/_ministack/ses/messages",
        "ports": ports, "stackName": deploy.STACK, "processes": str(place.run),
    }
    place.write("stack.json", known)
    return known


def settings(known: dict) -> dict:
    """The environment of the operator's tool: what a function with every permission would get."""
    outputs = known["outputs"]
    parameters = dict(entry.split("=", 1) for entry in deploy.configured())
    domain = parameters["BaseDomain"]
    return {
        **stack.environment(known["endpoint"]),
        "HAAT_ENV": "local",
        "HAAT_TABLE": outputs["TableName"],
        "HAAT_FILES_BUCKET": outputs["FilesBucket"],
        "HAAT_INVOICES_BUCKET": outputs["InvoicesBucket"],
        "HAAT_KMS_KEY_ID": outputs["KmsKeyId"],
        "HAAT_MAILER_QUEUE_URL": outputs["MailerQueueUrl"],
        "HAAT_INVOICER_QUEUE_URL": outputs["InvoicerQueueUrl"],
        "HAAT_IMPORTER_QUEUE_URL": outputs["ImporterQueueUrl"],
        "HAAT_MAILER_DLQ_URL": outputs["MailerDeadLettersUrl"],
        "HAAT_INVOICER_DLQ_URL": outputs["InvoicerDeadLettersUrl"],
        "HAAT_IMPORTER_DLQ_URL": outputs["ImporterDeadLettersUrl"],
        "HAAT_RELAY_DLQ_URL": outputs["RelayDeadLettersUrl"],
        "HAAT_ISSUER": f"https://{domain}",
        "HAAT_BASE_DOMAIN": domain,
        "HAAT_ALLOW_TENANT_HEADER": parameters["AllowTenantHeader"],
        "HAAT_MAIL_FROM": deploy.sender(),
        "HAAT_RAZORPAY_URL": known["standInUrl"],
        "HAAT_API_URL": known["apiUrl"],
    }


def test_settings(place: Place, known: dict) -> dict:
    """The environment of tests that run against the stack."""
    return {
        **settings(known),
        "HAAT_TEST_API_URL": known["apiUrl"],
        "HAAT_TEST_AWS_ENDPOINT": known["endpoint"],
        "HAAT_TEST_TABLE": known["outputs"]["TableName"],
        "HAAT_TEST_STANDIN_URL": known["standInUrl"],
        "HAAT_TEST_STACK_JSON": str(place.dir / "stack.json"),
    }


def seed(place: Place, known: dict) -> str:
    """Fills the demo tenant and gives what `haat seed` says of it."""
    log = place.log / "seed.log"
    with Step("Seeding the demo tenant"), log.open("w") as errors:
        done = subprocess.run(
            [build.binary("haat"), "seed"], env=settings(known), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
        errors.write(done.stdout)
        errors.flush()
        if done.returncode:
            raise Failure("`haat seed` failed", "`make logs` may say more; `make reset` starts from nothing", log)
    return done.stdout


def _ports(place: Place, wanted: dict) -> dict:
    """The ports of the front door and the stand-in: those they have, or the wanted ones, or any free ones."""
    have = place.read("stack.json").get("ports", {})
    ports = {}
    for what, process in (("api", "front"), ("stand-ins", "stand-ins")):
        ports[what] = have[what] if what in have and place.alive(process) else free_port(have.get(what) or wanted.get(what, 0))
    return ports


def _keep(place: Place, what: str, port: int, command: list) -> None:
    """Starts a program, or starts it again if it or its arguments have changed since."""
    program = hashlib.sha256(Path(command[1] if command[0] == sys.executable else command[0]).read_bytes()).hexdigest()
    mark = {"command": [str(part) for part in command], "program": program}
    if place.alive(what) and place.read(f"{what}.json") == mark:
        return
    place.stop(what)
    place.start(what, command, {"PATH": "/usr/local/bin:/usr/bin:/bin"})
    place.write(f"{what}.json", mark)
    until = time.monotonic() + stack.PATIENCE
    while time.monotonic() < until and place.alive(what):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise Failure(f"{what} did not start on port {port}", "read its log", place.log / f"{what}.log")


def _await_ready(url: str) -> None:
    """Asks Haat itself whether its parts answer: where the disk is slow, the first call of each waits for it for long."""
    until = time.monotonic() + stack.PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30):
                return
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")
        except OSError as error:
            said = str(error)
        if time.monotonic() > until:
            raise Failure(f"not all parts answer: {said}", "`make logs` may say more; `make reset` starts from nothing")
        time.sleep(0.5)
