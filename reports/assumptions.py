"""What a reckoning of costs assumes beyond templates and measurements, each with its reason; its terms."""

from collections.abc import Mapping
from dataclasses import dataclass

ASSUMED: Mapping[str, tuple[float, str]] = {
    "wait_ms": (6, "milliseconds a function waits for each call of AWS"),
    "plain_cpu_ms": (8, "processor milliseconds of an event in a function that runs no agent"),
    "kept_warm_s": (600, "seconds Lambda keeps a function that nobody calls"),
    "burst_share": (0.005, "least share of requests that meet a new function, because several come at once"),
    "async_share": (0.05, "share of requests that are answered later, through the queue"),
    "grave_share": (0.01, "share of requests whose answer is a HIGH or CRITICAL threat"),
    "socket_hours": (176, "hours a month that each MSP has a dashboard open"),
    "platform_line_bytes": (600, "bytes of log that Lambda itself writes for each invocation"),
    "own_line_bytes": (450, "bytes of the line that a function writes for each event"),
    "access_line_bytes": (330, "bytes of the line that API Gateway writes for each request"),
    "head_bytes": (400, "bytes of a reply's headers"),
    "sampled_share": (0.05, "share of traces that X-Ray keeps beyond the first of each second"),
    "models_gb": (0.5, "GB of models, knowledge and old versions of them"),
    "idle_polls": (648_000, "requests a month with which Lambda asks an empty queue for messages"),
    "feeds_s": (120, "seconds of the daily refresh of feeds"),
    "model_share": (0.5, "share of questions in plain words that Bedrock is asked about, not rules alone"),
    "tokens_read": (600, "tokens of such a question with the form that the model fills in"),
    "tokens_written": (60, "tokens of the model's reply"),
    "texts_judged": (5, "texts in a market question whose sentiment Comprehend judges, of 300 letters each"),
    "run_share": (0.01, "share of requests that start a playbook"),
    "endpoint_bytes": (6_000, "bytes of a request that go through interface endpoints"),
}  # fmt: skip


def assumed(name: str) -> float:
    return ASSUMED[name][0]


@dataclass(frozen=True)
class Load:
    """A month: questions asked, and MSPs that ask them. They are spread evenly over agents and hours."""

    name: str
    requests: int
    msps: int


@dataclass(frozen=True)
class Use:
    """So many units at a price; `of` says what for, `rests` that it is paid without a single request."""

    price: str
    units: float
    of: str
    rests: bool = False
