"""What functions tell of their work: lines, metrics and traces, with the tenant where it belongs."""

import io
import json
import logging
import socket
from typing import Any

import pytest

from mesh import registry
from mesh.adapters.aws.telemetry import DATAGRAM, JsonLines, Telemetry, metric
from mesh.entrypoints.lambdas.http import served
from mesh.entrypoints.lambdas.observed import Refused, observed
from mesh.entrypoints.lambdas.partial import every_message
from mesh.kit.trace import Work, know, origin, working_for
from tests.lambdas import events
from tests.lambdas.conftest import TestedProcess

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
CORRELATION = "5759e988bd862e3fe1be46a994272793"
WORK = Work("request", "POST /anomaly/detect", "done", 12.3456, {"status": 200})


class Heard:
    def __init__(self) -> None:
        self.works: list[Work] = []
        self.origins: list[Any] = []

    def worked(self, work: Work) -> None:
        self.works.append(work)
        self.origins.append(origin())


def record(message: str, error: Exception | None = None) -> dict[str, Any]:
    told = (type(error), error, None) if error else None
    made = logging.LogRecord("mesh.test", logging.ERROR, "f.py", 1, message, (), told)
    line = JsonLines().format(made)
    assert line.endswith("\n") and "\n" not in line[:-1]
    parsed: dict[str, Any] = json.loads(line)
    return parsed


def test_a_line_of_the_log_names_the_tenant_and_the_trace() -> None:
    with working_for(request_id="r1", correlation_id="c1"):
        know(msp_id="msp-a")
        line = record("said\nin two lines", ValueError("wrong"))
    assert (line["msp_id"], line["correlation_id"], line["request_id"]) == ("msp-a", "c1", "r1")
    assert (
        line["error"] == "ValueError" and line["level"] == "ERROR" and line["message"] == "said\nin two lines"
    )
    assert "msp_id" not in record("later")


def test_the_tenant_is_in_a_metrics_line_and_in_none_of_its_dimensions() -> None:
    with working_for(msp_id="msp-a", correlation_id="c1"):
        line = metric(WORK, 1772452800.5)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert line["_aws"]["Timestamp"] == 1772452800500
    assert line["msp_id"] == "msp-a" and directive["Dimensions"] == [["work"]]
    assert all(isinstance(line[m["Name"]], int | float) for m in directive["Metrics"])
    assert (line["TookMs"], line["Failed"], line["status"]) == (12.346, 0, 200)


def test_a_failure_is_counted_and_a_refusal_is_none() -> None:
    counted = {o: metric(Work("job", "f", o, 1), 0)["Failed"] for o in ("done", "refused", "failed")}
    assert counted == {"done": 0, "refused": 0, "failed": 1}


@pytest.fixture
def daemon() -> Any:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(2)
        yield listening


def test_a_sampled_trace_gets_a_subsegment_that_can_be_searched_for(daemon: Any) -> None:
    address = f"127.0.0.1:{daemon.getsockname()[1]}"
    environment = {"_X_AMZN_TRACE_ID": TRACE, "AWS_XRAY_DAEMON_ADDRESS": address}
    with working_for(msp_id="msp-a"):
        Telemetry(io.StringIO(), environment).worked(WORK)
    header, _, body = daemon.recv(65_536).decode().partition("\n")
    segment = json.loads(body)
    assert header + "\n" == DATAGRAM
    assert (segment["trace_id"], segment["parent_id"]) == (
        "1-5759e988-bd862e3fe1be46a994272793",
        "53995c3f42cd8ad8",
    )
    assert segment["end_time"] - segment["start_time"] == pytest.approx(0.0123456, abs=1e-5)
    assert segment["annotations"] == {"work": "request", "outcome": "done", "msp_id": "msp-a"}
    assert len(segment["id"]) == 16 and segment["fault"] is False


@pytest.mark.parametrize("trace", ["", TRACE.replace("Sampled=1", "Sampled=0"), "Root=1-5759e988"])
def test_a_trace_that_is_not_sampled_gets_none(daemon: Any, trace: str) -> None:
    address = f"127.0.0.1:{daemon.getsockname()[1]}"
    Telemetry(io.StringIO(), {"_X_AMZN_TRACE_ID": trace, "AWS_XRAY_DAEMON_ADDRESS": address}).worked(WORK)
    daemon.settimeout(0.05)
    with pytest.raises(TimeoutError):
        daemon.recv(65_536)


def test_without_a_daemon_the_line_is_still_written() -> None:
    out = io.StringIO()
    for address in ("", "127.0.0.1:none", "nowhere.invalid:2000"):
        environment = {"_X_AMZN_TRACE_ID": TRACE, "AWS_XRAY_DAEMON_ADDRESS": address}
        Telemetry(out, environment).worked(WORK)
    assert out.getvalue().count("\n") == 3


def test_a_function_tells_how_its_event_ended_and_lets_the_error_pass() -> None:
    heard, context = Heard(), events.Context()

    def raising(error: Exception) -> Any:
        @observed("socket", heard)
        def handler(event: Any, context: Any) -> Any:
            raise error

        return handler

    assert observed("socket", heard)(lambda event, context: {"statusCode": 200})({}, context) == {
        "statusCode": 200
    }
    with pytest.raises(Refused, match=r"^Unauthorized$"):
        raising(Refused("Unauthorized"))({}, context)
    with pytest.raises(KeyError):
        raising(KeyError("x"))({}, context)
    assert [work.outcome for work in heard.works] == ["done", "refused", "failed"]
    assert {(o.request_id, w.what) for o, w in zip(heard.origins, heard.works, strict=True)} == {
        ("request-1", "mesh")
    }
    assert origin().request_id == ""


def test_a_batch_with_a_record_that_must_come_again_failed(caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()
    seen: list[str] = []

    def work(record: Any) -> None:
        seen.append(origin().msp_id)
        know(msp_id=record["body"])
        if record["body"] == "msp-b":
            raise ValueError

    handle = observed("batch", heard)(lambda event, context: every_message(event, work))
    handle(events.messages("msp-a", "msp-b", "msp-c"), events.Context())
    (told,) = heard.works
    assert told.outcome == "failed" and told.counts == {"records": 3, "again": 1}
    assert seen == ["", "", ""], "no record is told of with the tenant of the one before it"


def test_a_request_is_told_once_with_its_route_tenant_and_trace_and_nothing_of_its_body(
    at: TestedProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    agent = registry.find("anomaly-detection")
    key = at.key("msp-a")
    question = {**agent.examples[0].question, "metric_type": "very-private"}
    event = events.request(
        "POST", agent.route, json.dumps(question), content_type="application/json", x_api_key=key,
        traceparent=f"00-{CORRELATION}-00f067aa0ba902b7-01",
    )  # fmt: skip
    context: Any = events.Context()
    capsys.readouterr()
    served(at.platform, agent.name)(event, context)
    said = capsys.readouterr().out
    (line,) = [json.loads(text) for text in said.splitlines()]
    assert (line["work"], line["what"], line["outcome"], line["status"]) == (
        "request",
        f"POST {agent.route}",
        "done",
        200,
    )
    assert (line["msp_id"], line["correlation_id"]) == ("msp-a", CORRELATION)
    assert key not in said and "very-private" not in said


def test_every_request_has_a_correlation_id_even_when_it_brings_none(
    at: TestedProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    context: Any = events.Context()
    for _ in range(2):
        served(at.platform, "")(events.request("GET", "/health", traceparent="<script>"), context)
    first, second = [json.loads(text)["correlation_id"] for text in capsys.readouterr().out.splitlines()]
    assert len(first) == len(second) == 32 and first != second
