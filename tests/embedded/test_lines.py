"""On one machine, what is told of requests is a line of JSON each."""

import json

import pytest

from mesh.adapters.lines import Lines
from mesh.kit.trace import Work, working_for


def test_a_line_names_the_tenant_the_route_and_the_trace(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "mesh.work")
    with working_for(msp_id="msp-a", correlation_id="c1"):
        Lines().worked(Work("request", "POST /anomaly/detect", "refused", 1.239, {"status": 422}))
    assert json.loads(caplog.messages[0]) == {
        "msp_id": "msp-a", "correlation_id": "c1", "work": "request", "what": "POST /anomaly/detect",
        "outcome": "refused", "took_ms": 1.24, "status": 422,
    }  # fmt: skip
