"""The commons in DynamoDB: where an owner's rows are found, and when the service may remove them."""

from datetime import timedelta
from typing import Any

from mesh.adapters.aws.tables import COMMONS, EXPIRY
from mesh.kit.fakes import NOON
from mesh.kit.platform import Entry
from tests.aws.conftest import Deployment


def stored(deployment: Deployment) -> list[dict[str, Any]]:
    found = deployment.dynamo.scan(COMMONS)
    return sorted(found, key=lambda item: (item["shelf"], item["key"]))


def row(days: int | None = None) -> Entry:
    until = NOON + timedelta(days=days) if days else None
    return Entry(shelf="sightings", key="k", owner="msp#a", body={}, until=until)


def test_a_row_and_its_place_end_together_however_often_it_is_put(deployment: Deployment) -> None:
    commons, day = deployment.platform.commons, int(NOON.timestamp()) + 86_400 + 1
    for entry, expected in ((row(1), day), (row(2), day + 86_400), (row(), None), (row(1), day)):
        commons.put(entry)
        place, item = stored(deployment)
        assert (place["shelf"], place["key"]) == ("#owned#msp%23a", "sightings#k")
        assert (item["shelf"], item["key"]) == ("sightings", "k")
        assert place.get(EXPIRY) == item.get(EXPIRY) == expected


def test_what_is_removed_leaves_no_place_behind(deployment: Deployment) -> None:
    commons = deployment.platform.commons
    commons.put(row(1))
    commons.remove("sightings", "k")
    commons.put(row(), before=0)
    deployment.platform.tenants.erase("msp#a")
    assert not stored(deployment)


def test_a_place_whose_row_the_service_removed_first_is_no_row(deployment: Deployment) -> None:
    commons = deployment.platform.commons
    commons.put(row(1))
    deployment.dynamo.remove_many(COMMONS, [{"shelf": "sightings", "key": "k"}])
    assert not list(commons.owned("msp#a", "sightings"))
    assert commons.put(row(1), before=0) and len(list(commons.owned("msp#a", "sightings"))) == 1
