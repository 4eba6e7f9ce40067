"""What running itself takes: logs, the mesh's own keys, a place in a network."""

from aws_cdk import Aws
from aws_cdk.aws_iam import PolicyStatement

from infra.grants.allowing import Statements, allow


def read_secret(secret: str, key: str) -> Statements:
    """The mesh's own keys: what signs receipts, hashes indicators and seeds noise."""
    opened = allow(["kms:Decrypt"], [key])
    opened.add_conditions({"StringEquals": {"kms:ViaService": f"secretsmanager.{Aws.REGION}.amazonaws.com"}})
    return [allow(["secretsmanager:GetSecretValue"], [secret]), opened]


def have_network_interfaces() -> PolicyStatement:
    """Inside a network, Lambda makes and removes the function's interfaces in the function's own name."""
    of_interfaces = ("CreateNetworkInterface", "DeleteNetworkInterface", "DescribeNetworkInterfaces")
    of_addresses = ("AssignPrivateIpAddresses", "UnassignPrivateIpAddresses", "DescribeSubnets")
    return allow([f"ec2:{one}" for one in (*of_interfaces, *of_addresses)], ["*"])


def write_logs(group: str) -> Statements:
    """Into the function's own group, whose streams it names itself."""
    group_arn = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:{group}:*"
    return [allow(["logs:CreateLogStream", "logs:PutLogEvents"], [group_arn])]
