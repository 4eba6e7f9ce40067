"""Questions made from the OpenAPI document, good and bad: every reply must be one that it describes."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contract.conftest import NewMsp
from tests.server import Server

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, allow_header_conformance,
]  # fmt: skip
SETTINGS = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def departures(operation: Any, mode: GenerationMode, key: str) -> tuple[int, list[str]]:
    """How many questions were sent to one operation, and what in the replies is not as described."""
    tried = 0

    @SETTINGS
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        nonlocal tried
        tried += 1
        case.call_and_validate(headers={"x-api-key": key}, checks=CHECKS, timeout=30)

    try:
        ask()
    except (AssertionError, FailureGroup, Failure) as failed:
        return tried, [f"{operation.label}: {failed}"]
    except Unsatisfiable:
        # An operation without parameters or body cannot be asked wrongly.
        assert mode.is_negative
    return tried, []


@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_reply_is_one_that_the_document_describes(
    server: Server, new_msp: NewMsp, mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    # Where the mesh stands may have a path of its own.
    schema.config.update(base_url=server.url)
    wrong: list[str] = []
    tried = 0
    for found in schema.get_all_operations():
        operation: Any = found
        # A tenant each, because one of the operations erases its tenant.
        more, told = departures(operation.ok(), mode, new_msp().key)
        tried += more
        wrong += told
    assert not wrong, "\n\n".join(wrong)
    assert tried > 50
