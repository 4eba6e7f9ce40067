"""What is too large for an item, and what must come back exactly."""

import base64
import json
import random
from typing import Any

import pytest

from mesh.adapters.aws.blobs import keys_under
from mesh.adapters.aws.bodies import INLINE
from mesh.kit.ports import Row
from mesh.kit.problem import Unavailable
from tests.aws.conftest import Deployment
from tests.ports.test_results import result


def noise(size: int) -> str:
    """Text that does not compress."""
    return base64.b64encode(random.Random(size).randbytes(size * 3 // 4)).decode()


def held(deployment: Deployment) -> list[str]:
    return list(keys_under(deployment.clients, deployment.settings.data_bucket, "bodies/"))


@pytest.mark.parametrize("size", [0, 1, 999, 1_000, 50_000, 1_000_000])
def test_a_body_of_any_size_comes_back(deployment: Deployment, size: int) -> None:
    for body in (b"x" * size, noise(size).encode()):
        item = deployment.bodies.write("msp-a", body)
        assert deployment.bodies.read("msp-a", item) == body


def test_only_what_does_not_fit_an_item_goes_to_s3(deployment: Deployment) -> None:
    assert "body" in deployment.bodies.write("msp-a", b"x" * 1_000_000), "it compresses well"
    assert "body" in deployment.bodies.write("msp-a", noise(INLINE).encode())
    assert held(deployment) == []
    assert list(deployment.bodies.write("msp-a", noise(INLINE * 2).encode())) == ["body_at"]
    assert len(held(deployment)) == 1


def test_a_large_row_is_stored_listed_and_removed_with_its_body(deployment: Deployment) -> None:
    records = deployment.platform.ports("msp-a").records
    row: Row = {"id": "p1", "title": "long", "text": noise(900_000)}
    records.put("policies", [row, {"id": "p2", "title": "short", "text": ""}])
    assert records.find("policies", "p1") == row
    assert [found["id"] for found in records.page("policies").items] == ["p1", "p2"]
    assert records.remove("policies", "p1") and held(deployment) == []
    records.put("policies", [row])
    assert records.clear("policies") == 2 and held(deployment) == []


def test_a_large_answer_is_kept_and_goes_with_its_tenant(deployment: Deployment) -> None:
    results = deployment.platform.ports("msp-a").results
    large = result(1).model_copy(update={"answer": {"text": noise(900_000)}})
    results.keep(large)
    assert results.find("r001") == large and list(results.page().items) == [large]
    assert len(held(deployment)) == 1
    deployment.platform.tenants.erase("msp-a")
    assert held(deployment) == []


def test_a_body_that_is_gone_from_s3_is_said_to_be(deployment: Deployment) -> None:
    item = deployment.bodies.write("msp-a", noise(INLINE * 2).encode())
    deployment.bodies.forget("msp-a", item)
    with pytest.raises(Unavailable, match="missing"):
        deployment.bodies.read("msp-a", item)


NUMBERS: list[Any] = [0.1 + 0.2, 5e-324, 1.7976931348623157e308, -0.0, 2**53 + 1, 10**30, 1.0, 1, 1e22]


def test_numbers_come_back_bit_for_bit(deployment: Deployment) -> None:
    records = deployment.platform.ports("msp-a").records
    records.put("metrics", [{"id": "m", "values": NUMBERS}])
    found = records.find("metrics", "m")
    assert found is not None
    assert json.dumps(found["values"]) == json.dumps(NUMBERS)
    assert [type(value) for value in found["values"]] == [type(value) for value in NUMBERS]
