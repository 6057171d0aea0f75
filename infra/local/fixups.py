"""What the local AWS leaves out of CloudFormation and we set after a deploy. In a real account nothing of this is needed."""

from email.utils import parseaddr

import stack


def after_deploy(endpoint: str, outputs: dict, sender: str) -> None:
    table(endpoint, outputs["TableName"])
    # In a real account somebody proves with a DNS record, once, that the sender's domain is theirs.
    stack.client(endpoint, "ses").verify_domain_identity(Domain=parseaddr(sender)[1].split("@")[1])


def table(endpoint: str, name: str) -> None:
    """Turns on expiry and point-in-time recovery, which MiniStack ignores in a template."""
    client = stack.client(endpoint, "dynamodb")
    ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if ttl.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
        client.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    client.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
