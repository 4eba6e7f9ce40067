"""Models and public knowledge: those kept in S3, and those that are asked for money."""

import re
from collections.abc import Iterable

from aws_cdk import Aws

from infra.grants.allowing import Statements, allow
from infra.names import arn, bucket_arn
from mesh.adapters.aws.knowledge import KEY as KNOWLEDGE
from mesh.adapters.aws.models import FOLDER as MODELS

# Converse is allowed by the same action as InvokeModel.
INVOKE = "bedrock:InvokeModel"
PROFILE = re.compile(r"^(?:us|us-gov|eu|apac|jp|au|ca|global)\.")


def read_models(models: Iterable[str]) -> Statements:
    """Some models and the knowledge. Listing makes S3 say "absent" where it would say "denied"."""
    objects = [
        bucket_arn("models", KNOWLEDGE),
        *(bucket_arn("models", f"{MODELS}/{name}/*") for name in models),
    ]
    return [allow(["s3:GetObject"], objects), allow(["s3:ListBucket"], [bucket_arn("models")])]


def ask_services(services: Iterable[str], model: str) -> Statements:
    """Paid services, for the agents that name them. Comprehend's detection knows no resources."""
    asked = {"bedrock": ask_model(model), "comprehend": [allow(["comprehend:BatchDetectSentiment"], ["*"])]}
    return [statement for service in services for statement in asked[service]]


def ask_model(model: str) -> Statements:
    """One model; through an inference profile, in whichever region that leads to, and no other way.
    https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
    """
    bare = PROFILE.sub("", model)
    if bare == model:
        return [allow([INVOKE], [f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}::foundation-model/{model}"])]
    profile = arn("bedrock", f"inference-profile/{model}")
    behind = allow([INVOKE], [f"arn:{Aws.PARTITION}:bedrock:*::foundation-model/{bare}"])
    behind.add_conditions({"StringEquals": {"bedrock:InferenceProfileArn": profile}})
    return [allow([INVOKE], [profile]), behind]


def refresh_feeds() -> Statements:
    return [
        allow(["s3:GetObject", "s3:PutObject"], [bucket_arn("models", KNOWLEDGE)]),
        allow(["s3:ListBucket"], [bucket_arn("models")]),
    ]
