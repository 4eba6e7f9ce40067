"""What MSPs show one another, and their introductions, in NetworkIntelligence.

Listings are in a partition of their own; a meeting is in the partitions of both sides, written together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mesh.adapters.aws.dynamo import ConditionFailed, Dynamo
from mesh.adapters.aws.items import Item, tenant_key
from mesh.adapters.aws.tables import NETWORK
from mesh.kit.platform import Listing, Meeting

# No tenant's partition starts so: in those, this sign is escaped or comes after the tenant's id.
LISTINGS = "#directory"
MEETING = "meeting:"


@dataclass(frozen=True, slots=True)
class DynamoDirectory:
    dynamo: Dynamo

    def publish(self, listing: Listing) -> None:
        item: Item = {**_listed(listing.msp_id), "body": listing.model_dump_json()}
        self.dynamo.write(self.dynamo.putting(NETWORK, item))

    def withdraw(self, msp_id: str) -> None:
        self.dynamo.write(self.dynamo.removing(NETWORK, _listed(msp_id)))

    def listing(self, msp_id: str) -> Listing | None:
        item = self.dynamo.get(NETWORK, _listed(msp_id))
        return Listing.model_validate_json(item["body"]) if item else None

    def listings(self) -> Sequence[Listing]:
        found = self.dynamo.query(NETWORK, "#msp_id = :p", {"p": LISTINGS})
        listings = [Listing.model_validate_json(item["body"]) for item in found]
        return sorted(listings, key=lambda listing: listing.handle)

    def keep(self, meeting: Meeting, before: str | None) -> bool:
        when = "attribute_not_exists(#msp_id)" if before is None else "#state = :before"
        values: Item | None = None if before is None else {"before": before}
        body = meeting.model_dump_json()
        writes = [
            self.dynamo.putting(
                NETWORK,
                {
                    "msp_id": tenant_key(side),
                    "metric_type": f"{MEETING}{meeting.id}",
                    "state": meeting.state,
                    "body": body,
                },
                when,
                values,
            )
            for side in (meeting.asking, meeting.asked)
        ]
        try:
            self.dynamo.transact(writes)
        except ConditionFailed:
            return False
        return True

    def meetings(self, msp_id: str) -> Sequence[Meeting]:
        values = {"p": tenant_key(msp_id), "m": MEETING}
        found = self.dynamo.query(NETWORK, "#msp_id = :p AND begins_with(#metric_type, :m)", values)
        meetings = [Meeting.model_validate_json(item["body"]) for item in found]
        return sorted(meetings, key=lambda m: (m.opened_at, m.id), reverse=True)


def erase_from_directory(dynamo: Dynamo, msp_id: str) -> int:
    """Take the tenant off the list and its meetings from the other sides; how many of these there were."""
    directory = DynamoDirectory(dynamo)
    directory.withdraw(msp_id)
    meetings = directory.meetings(msp_id)
    for meeting in meetings:
        other = meeting.asked if meeting.asking == msp_id else meeting.asking
        key = {"msp_id": tenant_key(other), "metric_type": f"{MEETING}{meeting.id}"}
        dynamo.write(dynamo.removing(NETWORK, key))
    return len(meetings)


def _listed(msp_id: str) -> dict[str, str]:
    return {"msp_id": LISTINGS, "metric_type": tenant_key(msp_id)}
