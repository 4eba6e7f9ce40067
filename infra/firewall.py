"""Web ACLs, where the switch `waf` is on: one for the REST API, one for CloudFront."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from infra.names import arn
from infra.plan import PREFIX

# Requests of one address in five minutes; a tenant's own rate is the usage plan's.
REQUESTS_OF_ONE_ADDRESS = 10_000
# Agents are sent attacks to read: what looks wrong in a body is what they are asked about. These rules
# of AWS's look into bodies; they count and let pass.
ABOUT_BODIES = (
    "SizeRestrictions_BODY", "EC2MetaDataSSRF_BODY", "GenericLFI_BODY", "GenericRFI_BODY",
    "CrossSiteScripting_BODY",
)  # fmt: skip
KNOWN_BAD_IN_BODIES = ("Log4JRCE_BODY", "JavaDeserializationRCE_BODY")


def web_acl(stack: Construct, label: str, scope: str, key: kms.IKey) -> wafv2.CfnWebACL:
    """Four rules, 9 USD a month. `scope` is REGIONAL or CLOUDFRONT."""
    per_address = wafv2.CfnWebACL.RuleProperty(
        name="rate", priority=0, action=wafv2.CfnWebACL.RuleActionProperty(block={}),
        visibility_config=_seen(f"{label}-rate"),
        statement=wafv2.CfnWebACL.StatementProperty(
            rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                limit=REQUESTS_OF_ONE_ADDRESS, aggregate_key_type="IP"
            )
        ),
    )  # fmt: skip
    rules = [
        per_address,
        _of_aws(label, 1, "AWSManagedRulesAmazonIpReputationList", ()),
        _of_aws(label, 2, "AWSManagedRulesCommonRuleSet", ABOUT_BODIES),
        _of_aws(label, 3, "AWSManagedRulesKnownBadInputsRuleSet", KNOWN_BAD_IN_BODIES),
    ]
    acl = wafv2.CfnWebACL(
        stack, f"{label}Acl", name=f"{PREFIX}-{label.lower()}", scope=scope, rules=rules,
        default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}), visibility_config=_seen(label),
    )  # fmt: skip
    # AWS asks for names that start so.
    group = logs.LogGroup(
        stack, f"{label}AclLogs", log_group_name=f"aws-waf-logs-{PREFIX}-{label.lower()}", encryption_key=key,
        retention=logs.RetentionDays.ONE_WEEK, removal_policy=RemovalPolicy.DESTROY,
    )  # fmt: skip
    wafv2.CfnLoggingConfiguration(
        stack, f"{label}AclLogging", resource_arn=acl.attr_arn,
        log_destination_configs=[arn("logs", f"log-group:{group.log_group_name}")],
    )  # fmt: skip
    return acl


def _of_aws(label: str, priority: int, name: str, counted: tuple[str, ...]) -> wafv2.CfnWebACL.RuleProperty:
    count = wafv2.CfnWebACL.RuleActionProperty(count={})
    overrides = [wafv2.CfnWebACL.RuleActionOverrideProperty(name=one, action_to_use=count) for one in counted]
    return wafv2.CfnWebACL.RuleProperty(
        name=name, priority=priority, override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
        visibility_config=_seen(f"{label}-{name}"),
        statement=wafv2.CfnWebACL.StatementProperty(
            managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS", name=name, rule_action_overrides=overrides or None
            )
        ),
    )  # fmt: skip


def _seen(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=f"{PREFIX}-{name}", sampled_requests_enabled=False
    )
