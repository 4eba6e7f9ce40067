"""Logs, metrics and traces of functions, from the two things `kit.trace` knows.

- A log record is one line of JSON with the tenant and the correlation id.
- An observation is a line in CloudWatch's embedded metric format: the log line is the metric. The tenant is a
  property of the line, never a dimension: each value of a dimension is a metric that is paid for.
  https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
- In a sampled trace it is also a subsegment, sent to the X-Ray daemon as a datagram, with annotations that
  can be searched for. https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html

`docs/adr/0009` says why no library does this.
"""

import json
import logging
import os
import re
import secrets
import socket
import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

from mesh.kit.trace import Work, origin

NAMESPACE = "MspIntelligenceMesh"
# The metrics there are, for each kind of work: what a month of them costs can be counted.
METRICS = (("TookMs", "Milliseconds"), ("Failed", "Count"))
DATAGRAM = '{"format": "json", "version": 1}\n'
_HEADER = re.compile(r"(Root|Parent|Sampled)=([0-9a-zA-Z-]+)")


class JsonLines(logging.Formatter):
    """A log record as one line: what was said, where, for whom, and the traceback of what failed."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "timestamp": _utc(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **who(),
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False) + "\n"


def log_as_json() -> None:
    """The runtime's own log handlers write our lines from now on; the mesh's loggers say what they do."""
    logging.getLogger("mesh").setLevel(logging.INFO)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonLines())


def who() -> dict[str, str]:
    """What is known of the origin, by name."""
    at = origin()
    named = {"msp_id": at.msp_id, "correlation_id": at.correlation_id, "request_id": at.request_id}
    return {name: value for name, value in named.items() if value}


class Telemetry:
    """The observer of a function. `out` gets the lines (default: what sys.stdout is by then); datagrams go to
    the daemon that the environment names.
    """

    def __init__(self, out: TextIO | None = None, environment: Mapping[str, str] = os.environ):
        self._out = out
        self._environment = environment
        self._socket: socket.socket | None = None

    def worked(self, work: Work) -> None:
        out = self._out or sys.stdout
        out.write(json.dumps(metric(work, time.time())) + "\n")
        out.flush()
        # Lambda sets it anew for each event.
        header = dict(_HEADER.findall(self._environment.get("_X_AMZN_TRACE_ID", "")))
        if header.get("Sampled") == "1" and "Root" in header and "Parent" in header:
            self._send(subsegment(work, header["Root"], header["Parent"], time.time()))

    def _send(self, segment: Mapping[str, Any]) -> None:
        host, _, port = self._environment.get("AWS_XRAY_DAEMON_ADDRESS", "").partition(":")
        if not port.isdigit():
            return
        if self._socket is None:
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
        try:
            self._socket.sendto((DATAGRAM + json.dumps(segment)).encode(), (host, int(port)))
        except OSError as error:
            # A lost trace is no reason to lose an answer.
            logging.getLogger("mesh.aws").warning("a trace was not sent: %s", error)


def metric(work: Work, now: float) -> dict[str, Any]:
    """An observation in the embedded metric format; `now` in seconds since the epoch."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["work"]],
        "Metrics": [{"Name": name, "Unit": unit} for name, unit in METRICS],
    }
    return {
        "_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]},
        "work": work.kind,
        "what": work.what,
        "outcome": work.outcome,
        "TookMs": round(work.took_ms, 3),
        "Failed": int(work.outcome == "failed"),
        **work.counts,
        **who(),
    }


def subsegment(work: Work, root: str, parent: str, now: float) -> dict[str, Any]:
    """An observation as X-Ray's independent subsegment, which ended at `now`."""
    noted = {"work": work.kind, "outcome": work.outcome, **who()}
    return {
        "name": work.what,
        "id": secrets.token_hex(8),
        "trace_id": root,
        "parent_id": parent,
        "type": "subsegment",
        "start_time": round(now - work.took_ms / 1000, 6),
        "end_time": round(now, 6),
        "fault": work.outcome == "failed",
        "error": work.outcome == "refused",
        "annotations": noted,
        "metadata": {"counts": dict(work.counts)},
    }


def _utc(seconds: float) -> str:
    """With milliseconds, as CloudWatch reads a line's own time."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"
