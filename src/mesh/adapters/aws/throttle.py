"""What stands for a throttle on AWS: API Gateway keeps the rates and counts the requests."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.failures import call
from mesh.adapters.aws.settings import Settings
from mesh.kit.platform import Use
from mesh.kit.problem import Unavailable

# As the deployment configures it; said where the plan itself cannot be read.
RATE, BURST = 1_000.0, 2_000.0
KEY_PREFIX = "mesh-"
COUNTED = "Counted by API Gateway for each day of UTC, some minutes late; it does not count by the minute."
UNKNOWN = (
    "API Gateway's usage plan could not be read, so nothing is known of what was used; limits as deployed."
)


@dataclass(frozen=True, slots=True)
class GatewayThrottle:
    """Lets everything pass: on AWS a tenant's rate is kept by API Gateway, before a function is paid for.

    Each tenant's key belongs to a usage plan of 1,000 requests a second and bursts of 2,000; what is beyond
    gets 429 from the gateway. A count kept here, in one of many functions, would see a part of the requests.
    """

    clients: Clients
    settings: Settings

    def take(self, msp_id: str) -> float:  # noqa: ARG002
        return 0.0

    def use(self, msp_id: str, now: datetime) -> Use:
        """Limits and counts from the usage plan.
        https://docs.aws.amazon.com/apigateway/latest/api/API_GetUsage.html
        """
        from botocore.exceptions import BotoCoreError, ClientError

        plan: dict[str, Any] | None
        try:
            plan = self._plan()
            days = self._days(plan["id"], msp_id, now) if plan else None
        except (BotoCoreError, ClientError, Unavailable):
            plan, days = None, None
        limits = (plan or {}).get("throttle") or {}
        return Use(
            requests_a_second=limits.get("rateLimit", RATE),
            burst=limits.get("burstLimit", BURST),
            this_minute=None,
            today=days[-1] if days else None,
            this_month=sum(days) if days else None,
            refused_today=None,
            since=None,
            note=UNKNOWN if days is None else COUNTED,
        )

    def _plan(self) -> dict[str, Any] | None:
        found = call(self.clients.gateway.get_usage_plans, limit=500)["items"]
        plan: dict[str, Any]
        for plan in found:
            if plan["name"] == self.settings.usage_plan:
                return plan
        return None

    def _days(self, plan_id: str, msp_id: str, now: datetime) -> list[int] | None:
        """Requests of each day of this month up to now; None where the tenant has no key in the plan."""
        name = KEY_PREFIX + msp_id
        keys = call(self.clients.gateway.get_usage_plan_keys, usagePlanId=plan_id, nameQuery=name)["items"]
        mine = [key["id"] for key in keys if key["name"] == name]
        if not mine:
            return None
        first, today = f"{now:%Y-%m}-01", f"{now:%Y-%m-%d}"
        asked = {"usagePlanId": plan_id, "keyId": mine[0], "startDate": first, "endDate": today}
        # A day's pair is what was used, and what is left of a quota. No entry: nothing was asked this month.
        used = call(self.clients.gateway.get_usage, **asked).get("items", {}).get(mine[0], [])
        return [int(day[0]) for day in used] or [0]
