"""What bounds the bill and the blast: the budget, and, where switched on, firewalls and Config rules."""

from aws_cdk import Stack
from aws_cdk import aws_budgets as budgets
from constructs import Construct

from infra import firewall, recorder
from infra.foundation import Foundation
from infra.plan import PREFIX, Plan

TOLD_AT_PERCENT = 80


class Guardrails(Stack):
    """`edge_acl` is the ARN of CloudFront's firewall, None where it is off."""

    def __init__(self, scope: Construct, name: str, plan: Plan, foundation: Foundation) -> None:
        super().__init__(scope, name, description="MSP Intelligence Mesh: budget, firewalls, Config rules")
        self._budget(plan, foundation)
        self.edge_acl: str | None = None
        if plan.switches.waf:
            self.edge_acl = firewall.web_acl(self, "Edge", "CLOUDFRONT", foundation.key).attr_arn
        if plan.switches.config_rules:
            recorder.rules(self, plan)

    def _budget(self, plan: Plan, foundation: Foundation) -> None:
        """Told when four fifths are spent, and when all of it is likely to be."""
        topic = budgets.CfnBudget.SubscriberProperty(
            subscription_type="SNS", address=foundation.alerts.topic_arn
        )
        notifications = [
            budgets.CfnBudget.NotificationWithSubscribersProperty(
                notification=budgets.CfnBudget.NotificationProperty(
                    comparison_operator="GREATER_THAN", notification_type=kind, threshold=percent,
                    threshold_type="PERCENTAGE",
                ),
                subscribers=[topic],
            )
            for kind, percent in (("ACTUAL", TOLD_AT_PERCENT), ("FORECASTED", 100))
        ]  # fmt: skip
        budgets.CfnBudget(
            self, "Budget", notifications_with_subscribers=notifications,
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=f"{PREFIX}-monthly", budget_type="COST", time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=plan.monthly_budget_usd, unit="USD"),
            ),
        )  # fmt: skip
