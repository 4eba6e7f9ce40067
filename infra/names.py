"""Names that stacks know each other by.

What comes and goes with an agent is named, not imported: an export that another stack still uses cannot be
removed, so deleting an agent's folder would otherwise need two deployments in the right order.
"""

from aws_cdk import Aws

from infra.plan import PREFIX, function_name


def bucket_name(purpose: str) -> str:
    """Bucket names are shared by all accounts of AWS, hence the account and region."""
    return f"{PREFIX}-{purpose}-{Aws.ACCOUNT_ID}-{Aws.REGION}"


def bucket_arn(purpose: str, keys: str = "") -> str:
    """A bucket's ARN, or that of the objects whose keys are `keys`."""
    return f"arn:{Aws.PARTITION}:s3:::{bucket_name(purpose)}" + (f"/{keys}" if keys else "")


def arn(service: str, resource: str) -> str:
    """An ARN in the account and region that the template is deployed to."""
    return f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"


def table_arn(table: str, index: str = "") -> str:
    return arn("dynamodb", f"table/{table}" + (f"/index/{index}" if index else ""))


def queue_arn(queue: str) -> str:
    return arn("sqs", queue)


def queue_url(queue: str) -> str:
    return f"https://sqs.{Aws.REGION}.{Aws.URL_SUFFIX}/{Aws.ACCOUNT_ID}/{queue}"


def function_arn(slug: str, alias: str = "") -> str:
    return arn("lambda", f"function:{function_name(slug)}" + (f":{alias}" if alias else ""))


def machine_name(playbook: str) -> str:
    """The state machine of a playbook."""
    return f"{PREFIX}-{playbook}"


def machine_arn(playbook: str) -> str:
    return arn("states", f"stateMachine:{machine_name(playbook)}")


def role_arn(name: str) -> str:
    return f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/{name}"
