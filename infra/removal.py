"""What becomes of data when its stack goes."""

from aws_cdk import RemovalPolicy

from infra.plan import Plan


def kept(plan: Plan) -> RemovalPolicy:
    """What holds data outlives its stack, unless the stack was never made whole or removal was asked for."""
    return RemovalPolicy.DESTROY if plan.remove_data else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
