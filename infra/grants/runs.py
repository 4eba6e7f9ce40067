"""Runs of playbooks: starting a state machine, and what the machine itself may do."""

from collections.abc import Iterable

from infra.grants.allowing import Statements, allow


def start_runs(machines: Iterable[str]) -> Statements:
    """Beginning a run of a playbook: its own rows say what it is over, the machine only that it begins."""
    return [allow(["states:StartExecution"], machines)]


def run_steps(functions: Iterable[str], *, traced: bool) -> Statements:
    """A state machine's: calling the functions of its steps, and writing its log. Deliveries of logs know no
    resources: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
    """
    deliveries = ("Create", "Get", "Update", "Delete")
    logs = [f"logs:{one}LogDelivery" for one in deliveries]
    logs += ["logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies"]
    traces = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules",
              "xray:GetSamplingTargets"]  # fmt: skip
    return [
        allow(["lambda:InvokeFunction"], functions),
        allow([*logs, "logs:DescribeLogGroups"], ["*"]),
        *([allow(traces, ["*"])] if traced else []),
    ]
