"""What is deployed and how large: three sizes, and the switches they set."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from typing import Any, Literal, get_args

from mesh import registry
from mesh.entrypoints.work import LEARNING
from mesh.kit.agent import Agent

Size = Literal["lean", "standard", "full"]
SIZES: tuple[Size, ...] = get_args(Size)
PREFIX = "msp-intelligence"
REST_API, SOCKET_API = f"{PREFIX}-api", f"{PREFIX}-websocket"
STAGE, SOCKET_STAGE = "live", "ws"
JOBS_QUEUE, JOBS_DLQ = "msp-async-processing", "msp-async-dlq"
EVENTS_DLQ = "msp-events-dlq"
EVENTS_STREAM, SECRET = f"{PREFIX}-events", f"{PREFIX}-credentials"
ALERTS, THREAT_RULE = f"{PREFIX}-alerts", "ThreatDetectionRule"
DASHBOARD = "MSP-Intelligence-Overview"
# The function that starts the task of a training.
TRAININGS = "trainings"
# CloudFront and what belongs to it (web ACLs, certificates) is known in this region alone.
EDGE_REGION = "us-east-1"
# What follows the maker's name may hold a version; a profile has where it reaches before it.
MODEL_ID = re.compile(r"(?:(?:us|us-gov|eu|apac|jp|au|ca|global)\.)?[a-z0-9-]+\.[a-z0-9][a-z0-9.:-]*")


class WrongPlan(ValueError):
    """The options contradict each other; the text says which and what to do."""


@dataclass(frozen=True)
class Switches:
    """What costs money at rest, or changes where functions run. Prices: docs/cost.md."""

    waf: bool = False
    config_rules: bool = False
    # Off where the account has a configuration recorder already: there can be one in a region.
    config_recorder: bool = False
    api_cache: bool = False
    user_pool: bool = False
    vpc: bool = False
    snap_start: bool = False
    tracing: bool = True
    # A task that trains over several MSPs; it runs for the time of a training and costs nothing otherwise.
    training: bool = True
    # An alarm of its own for each function behind the agents too: 0.10 USD a month each. Without, they share
    # one over all functions of the account and region.
    alarm_each: bool = False


OF_SIZE: Mapping[Size, Switches] = {
    "lean": Switches(),
    "standard": Switches(snap_start=True, user_pool=True, alarm_each=True),
    "full": Switches(
        waf=True, config_rules=True, config_recorder=True, api_cache=True, user_pool=True, vpc=True,
        snap_start=True, alarm_each=True,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """One deployment. `agents` are those of the registry unless a test gives others."""

    size: Size = "lean"
    region: str = EDGE_REGION
    switches: Switches = field(default_factory=Switches)
    agents: tuple[Agent, ...] = field(default_factory=registry.agents)
    # Tables and buckets go with their stacks only when this was asked for.
    remove_data: bool = False
    # Who is told of alarms; without one, alarms are seen on the dashboard and in ./mesh aws status.
    alert_email: str = ""
    monthly_budget_usd: float = 60.0
    # Custom domain of the API, with a certificate for it in the region.
    # Who writes and plans, and who judges sentiment; the local one stands behind either.
    generator: Literal["bedrock", "local", "none"] = "bedrock"
    sentiment: Literal["comprehend", "local"] = "local"
    # A model or an inference profile of Bedrock's own; empty: Nova 2 Lite through the region's profile.
    bedrock_model: str = ""
    tokens_a_day: int = 500_000
    domain: str = ""
    certificate_arn: str = ""
    # Where MSPs' own sites come in from for a training: ranges of IPv4 with commas between; empty: nobody.
    sites_from: str = ""

    @property
    def language_model(self) -> str:
        """The id that Converse is asked by.

        >>> Plan(region="eu-west-1").language_model
        'eu.amazon.nova-2-lite-v1:0'
        """
        near = {"us": "us", "eu": "eu"}.get(self.region.split("-", 1)[0], "global")
        return self.bedrock_model or f"{near}.amazon.nova-2-lite-v1:0"

    def asked_by(self, agent: Agent) -> tuple[str, ...]:
        """The paid services that an agent asks in this deployment: none where what runs here stands in.

        >>> from mesh import registry
        >>> plan, agent = Plan(sentiment="comprehend"), registry.find("market-intelligence")
        >>> plan.asked_by(agent), Plan().asked_by(agent)
        (('comprehend',), ())
        """
        used = {"bedrock": self.generator == "bedrock", "comprehend": self.sentiment == "comprehend"}
        return tuple(service for service in agent.services if used[service])

    @property
    def trains(self) -> bool:
        """Whether there is a task that trains: for an agent whose libraries no function takes."""
        return self.switches.training and any(agent.slug == LEARNING for agent in self.agents)

    @property
    def site_ranges(self) -> tuple[str, ...]:
        """The ranges that sites on other machines come in from.

        >>> Plan(sites_from="203.0.113.0/24, 198.51.100.7").site_ranges
        ('203.0.113.0/24', '198.51.100.7/32')
        """
        return tuple(str(IPv4Network(one.strip())) for one in self.sites_from.split(",") if one.strip())

    @property
    def restored(self) -> frozenset[str]:
        """Slugs of agents whose functions start from a snapshot: those that load a model."""
        return frozenset(agent.slug for agent in self.agents if agent.models and agent.slug in self.published)

    @property
    def published(self) -> frozenset[str]:
        """Slugs of agents of whose functions a published version is called: of all or none, so that whoever
        hands a job on knows the name.
        """
        return frozenset(agent.slug for agent in self.agents if self.switches.snap_start)


def planned(size: Size, **options: Any) -> Plan:
    """The plan of a size. Options that are switches override it, others are the plan's own.

    Raises WrongPlan.

    >>> planned("lean", waf=True).switches.waf, planned("full").switches.api_cache
    (True, True)
    """
    if size not in SIZES:
        raise WrongPlan(f"There is no size {size!r}. The sizes are: {', '.join(SIZES)}.")
    names = Switches.__dataclass_fields__
    switches = replace(OF_SIZE[size], **{n: v for n, v in options.items() if n in names})
    plan = Plan(size, switches=switches, **{n: v for n, v in options.items() if n not in names})
    if bool(plan.domain) != bool(plan.certificate_arn):
        raise WrongPlan("A custom domain needs both its name and the ARN of its certificate.")
    if switches.waf and plan.region != EDGE_REGION:
        raise WrongPlan(
            f"CloudFront's firewall exists in {EDGE_REGION} only: deploy there, or leave waf out (waf=False)."
        )
    if plan.generator not in ("bedrock", "local", "none") or plan.sentiment not in ("comprehend", "local"):
        raise WrongPlan("The generator is bedrock, local or none; the sentiment is comprehend or local.")
    if not MODEL_ID.fullmatch(plan.language_model):
        raise WrongPlan("bedrock_model is a model's id or the id of one of Bedrock's own inference profiles.")
    try:
        ranges = plan.site_ranges
    except ValueError as fault:
        raise WrongPlan(f"sites_from takes ranges of IPv4 such as 203.0.113.0/24: {fault}.") from fault
    if ranges and not plan.trains:
        raise WrongPlan("sites_from is for trainings, which are left out here: leave one of the two.")
    if plan.monthly_budget_usd <= 0:
        raise WrongPlan("The monthly budget must be above 0 USD.")
    return plan


def function_name(slug: str) -> str:
    """A Lambda's name.

    >>> function_name("threat-intelligence")
    'msp-intelligence-threat-intelligence'
    """
    return f"{PREFIX}-{slug}"
