"""What the local AWS leaves out of CloudFormation and we set after a deploy. In a real account nothing of this is needed."""

import stack


def after_deploy(endpoint: str, outputs: dict) -> None:
    table(endpoint, outputs["TableName"])


def table(endpoint: str, name: str) -> None:
    """Turns on expiry and point-in-time recovery, which MiniStack ignores in a template."""
    client = stack.client(endpoint, "dynamodb")
    ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if ttl.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
        client.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
    client.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
