"""What a usage plan of API Gateway says of a tenant's requests."""

from datetime import UTC, datetime

from mesh.adapters.aws.throttle import COUNTED, UNKNOWN, GatewayThrottle
from tests.aws.stubs import SETTINGS, Scripted

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLAN = {
    "id": "plan1",
    "name": "msp-intelligence-api-tenants",
    "throttle": {"rateLimit": 500.0, "burstLimit": 900},
}
KEYS = [{"id": "k2", "name": "mesh-msp-ab"}, {"id": "k1", "name": "mesh-msp-a"}]
ASKED = {"usagePlanId": "plan1", "keyId": "k1", "startDate": "2026-11-01", "endDate": "2026-11-22"}


def test_the_gateway_keeps_the_rate_so_the_function_lets_all_pass() -> None:
    throttle = GatewayThrottle(Scripted("gateway").clients, SETTINGS)
    assert [throttle.take("msp-a") for _ in range(5_000)] == [0.0] * 5_000


def test_limits_and_counts_come_from_the_plan_and_the_tenants_own_key() -> None:
    script = Scripted("gateway").answers("get_usage_plans", {"items": [{"id": "x", "name": "other"}, PLAN]})
    script.answers(
        "get_usage_plan_keys", {"items": KEYS}, {"usagePlanId": "plan1", "nameQuery": "mesh-msp-a"}
    )
    script.answers("get_usage", {"items": {"k1": [[7, 0], [0, 0], [35, 0]]}}, ASKED)
    use = GatewayThrottle(script.clients, SETTINGS).use("msp-a", NOW)
    script.is_done()
    assert (use.requests_a_second, use.burst, use.today, use.this_month) == (500, 900, 35, 42)
    assert use.this_minute is None and use.note == COUNTED


def test_a_month_without_a_request_is_0_and_a_tenant_outside_of_the_plan_is_not_known() -> None:
    script = Scripted("gateway").answers("get_usage_plans", {"items": [PLAN]})
    script.answers("get_usage_plan_keys", {"items": KEYS}).answers("get_usage", {"items": {}}, ASKED)
    assert GatewayThrottle(script.clients, SETTINGS).use("msp-a", NOW).today == 0
    script.answers("get_usage_plans", {"items": [PLAN]}).answers("get_usage_plan_keys", {"items": KEYS})
    other = GatewayThrottle(script.clients, SETTINGS).use("msp-c", NOW)
    assert (other.today, other.this_month, other.note) == (None, None, UNKNOWN)


def test_a_gateway_that_refuses_or_has_no_plan_leaves_the_counts_unknown_and_fails_nothing() -> None:
    for code in ("AccessDeniedException", "BadRequestException", "TooManyRequestsException"):
        script = Scripted("gateway")
        for _ in range(3):
            script.refuses("get_usage_plans", code)
        use = GatewayThrottle(script.clients, SETTINGS).use("msp-a", NOW)
        assert (use.requests_a_second, use.today, use.note) == (1_000, None, UNKNOWN)
    script = Scripted("gateway").answers("get_usage_plans", {"items": []})
    assert GatewayThrottle(script.clients, SETTINGS).use("msp-a", NOW).note == UNKNOWN
