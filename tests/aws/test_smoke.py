"""What the smoke test knows of the routes, beside trying them."""

import pytest

from mesh.entrypoints.commands.aws.checks import ASKED, PLAYBOOK
from mesh.entrypoints.endpoint import Endpoint
from mesh.entrypoints.table import endpoints
from mesh.workflows import library

READ = [endpoint for endpoint in endpoints() if endpoint.method == "GET" and endpoint.query]


@pytest.mark.parametrize("endpoint", READ, ids=lambda endpoint: endpoint.path)
def test_a_route_that_must_be_asked_something_is_asked_it(endpoint: Endpoint) -> None:
    assert endpoint.query is not None
    endpoint.query.model_validate(ASKED.get(endpoint.path, {}))


def test_the_playbook_that_is_run_is_one_there_is_with_an_example() -> None:
    assert PLAYBOOK in library.names() and library.find(PLAYBOOK).examples
