"""Statements: some actions on some resources, named in full."""

from collections.abc import Iterable

from aws_cdk.aws_iam import PolicyStatement

from infra.names import bucket_arn, table_arn
from mesh.adapters.aws.bodies import FOLDER as BODIES
from mesh.adapters.aws.tables import Table

Statements = list[PolicyStatement]


def items(table: Table, *operations: str, index: str = "") -> PolicyStatement:
    """Operations on a table's items, or on those that an index lists."""
    return allow([f"dynamodb:{operation}" for operation in operations], [table_arn(table.name, index)])


def bodies(*operations: str) -> PolicyStatement:
    return allow([f"s3:{operation}" for operation in operations], [bucket_arn("data", f"{BODIES}/*")])


def allow(actions: Iterable[str], resources: Iterable[str]) -> PolicyStatement:
    return PolicyStatement(actions=list(actions), resources=list(resources))
