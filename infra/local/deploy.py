"""Puts the functions and template.yaml on a local AWS: all of it with SAM, or only the functions whose code changed."""

import hashlib
import os
import re
import shutil
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fixups
import stack
import tools
from place import ROOT, Place
from say import Failure, Step

ARTIFACTS = "haat-artifacts"
STACK = "haat-local"
# A fixed date, so that the same binary always makes the same package.
DATE = (2000, 1, 1, 0, 0, 0)


def deploy(place: Place, endpoint: str, binaries: dict, overrides: dict) -> dict:
    """Brings the stack up to date and gives its outputs."""
    wanted = {name: _digest([path]) for name, path in binaries.items()}
    templates = [ROOT / "template.yaml", ROOT / "samconfig.toml", *sorted((ROOT / "infra").glob("*.yaml"))]
    template = hashlib.sha256((_digest(templates) + repr(sorted(overrides.items()))).encode()).hexdigest()
    known = place.read("deployed.json")
    changed = [name for name in binaries if known.get("functions", {}).get(name) != wanted[name]]

    if known.get("template") == template:
        if changed:
            with Step(f"Updating {', '.join(changed)}"):
                packages = _pack(place, {name: binaries[name] for name in changed})
                _update(endpoint, packages)
        outputs = known["outputs"]
    else:
        with Step("Packaging the functions"):
            packages = _pack(place, binaries)
        with Step("Deploying template.yaml with SAM"):
            _sam(place, endpoint, packages, overrides)
            outputs = read_outputs(endpoint)
            fixups.after_deploy(endpoint, outputs, sender())
    place.write("deployed.json", {"template": template, "functions": wanted, "outputs": outputs})
    return outputs


def read_outputs(endpoint: str) -> dict:
    shown = stack.client(endpoint, "cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    return {entry["OutputKey"]: entry["OutputValue"] for entry in shown.get("Outputs", [])}


def _pack(place: Place, binaries: dict) -> dict:
    """Makes the package of each function: its binary under the name `bootstrap`, as `sam build` would."""
    built = place.dir / "built"
    built.mkdir(exist_ok=True)

    def pack(name: str) -> tuple:
        target = built / f"{name}.zip"
        entry = zipfile.ZipInfo("bootstrap", DATE)
        entry.external_attr = 0o100755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(target, "w") as out:
            out.writestr(entry, binaries[name].read_bytes(), compresslevel=1)
        return name, target

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(pool.map(pack, binaries))


def _sam(place: Place, endpoint: str, packages: dict, overrides: dict) -> None:
    """Writes the built template, which is template.yaml with packages for sources, and has SAM deploy it."""
    built = place.dir / "built"
    shutil.rmtree(built / "infra", ignore_errors=True)
    (built / "infra").mkdir()
    for path in (ROOT / "infra").glob("*.yaml"):
        shutil.copy(path, built / "infra")

    def package(found: re.Match) -> str:
        return f"{found[1]}{packages[found[2]].name}"

    text = (ROOT / "template.yaml").read_text()
    (built / "template.yaml").write_text(re.sub(r"^( +CodeUri: )functions/([\w-]+)$", package, text, flags=re.M))

    s3 = stack.client(endpoint, "s3")
    if ARTIFACTS not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})

    command = [
        tools.binary("sam", "sam"), "deploy", "--config-file", ROOT / "samconfig.toml", "--config-env", "local",
        "--template-file", built / "template.yaml", "--no-progressbar",
    ]
    if overrides:
        command += ["--parameter-overrides", *configured(), *(f"{key}={value}" for key, value in overrides.items())]
    log = place.log / "deploy.log"
    with log.open("wb") as out:
        code = subprocess.run(
            [str(part) for part in command], cwd=built, env=stack.environment(endpoint), stdin=subprocess.DEVNULL,
            stdout=out, stderr=subprocess.STDOUT, check=False,
        ).returncode
    if code:
        raise Failure("SAM could not deploy template.yaml", "mend the resource that failed, above; `make reset` starts anew", log)


def configured() -> list:
    """The parameters of [local] in samconfig.toml, which a command line replaces as a whole."""
    section = (ROOT / "samconfig.toml").read_text().split("[local.deploy.parameters]")[1]
    return re.findall(r'"([^"]+)"', re.search(r"^parameter_overrides = \[(.*?)\]", section, re.M | re.S)[1])


def sender() -> str:
    """Who sends mails, as template.yaml has it."""
    return re.search(r"MailFrom:\n    Type: String\n    Default: (.+)", (ROOT / "template.yaml").read_text())[1]


def _update(endpoint: str, packages: dict) -> None:
    client = stack.client(endpoint, "lambda")
    s3 = stack.client(endpoint, "s3")
    for name, package in packages.items():
        key = f"updates/{name}-{_digest([package])}"
        s3.upload_file(str(package), ARTIFACTS, key)
        version = client.update_function_code(
            FunctionName=f"{STACK}-{name}", S3Bucket=ARTIFACTS, S3Key=key, Publish=True)["Version"]
        client.update_alias(FunctionName=f"{STACK}-{name}", Name="live", FunctionVersion=version)


def _digest(paths: list) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(Path(path).read_bytes())
    return total.hexdigest()
