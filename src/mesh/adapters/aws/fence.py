"""One tenant's rows and no others: sessions of a role whose policy names the tenant.

The role may reach every tenant's rows; a session takes away all but one's. A defect in a function that
answers for a tenant is then refused by IAM itself, not by our own code.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mesh.adapters.aws.blobs import FOLDER as BLOBS
from mesh.adapters.aws.bodies import FOLDER as BODIES
from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.failures import call
from mesh.adapters.aws.items import SEPARATOR, tenant_key
from mesh.adapters.aws.settings import Settings
from mesh.adapters.aws.tables import TABLES

# An hour is the longest a role that was itself assumed may give (role chaining), and a function's always was.
SESSION_S = 3_600
# Tenants whose clients are kept ready in one function.
REMEMBERED = 50
ROWS = (
    "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem",
    "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem",
)  # fmt: skip
OBJECTS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")


@dataclass(slots=True)
class Fence:
    """Clients per tenant; the function's own where no role is configured (on an emulator)."""

    own: Clients
    settings: Settings
    _made: OrderedDict[str, Clients] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def clients(self, msp_id: str) -> Clients:
        """Clients that reach this tenant's rows only; a session starts with the first call made through
        them.
        """
        if not self.settings.tenant_role:
            return self.own
        with self._lock:
            if msp_id not in self._made:
                self._made[msp_id] = self.own.fenced(lambda: self._session(msp_id))
                if len(self._made) > REMEMBERED:
                    self._made.popitem(last=False)
            self._made.move_to_end(msp_id)
            return self._made[msp_id]

    def close(self) -> None:
        with self._lock:
            for made in self._made.values():
                made.close()
            self._made.clear()

    def _session(self, msp_id: str) -> Mapping[str, str]:
        answer = call(
            self.own.sts.assume_role,
            RoleArn=self.settings.tenant_role,
            RoleSessionName="tenant",
            DurationSeconds=SESSION_S,
            Policy=json.dumps(policy(msp_id, self.settings), separators=(",", ":")),
        )
        given = answer["Credentials"]
        return {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "token": given["SessionToken"],
            "expiry_time": given["Expiration"].isoformat(),
        }


def policy(msp_id: str, settings: Settings) -> dict[str, Any]:
    """The session policy of a tenant. STS takes 2,048 characters at most."""
    tenant = tenant_key(msp_id)
    tables = [
        f"arn:*:dynamodb:*:*:table/{settings.table(table.name)}{index}"
        for table in TABLES
        if table.tenant_rows
        for index in ("", "/index/*")
        if not index or table.indexes
    ]
    objects = [f"arn:*:s3:::{settings.data_bucket}/{folder}/{tenant}/*" for folder in (BLOBS, BODIES)]
    # ForAllValues holds where there is no key at all, hence the second condition.
    leading = {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [tenant, f"{tenant}{SEPARATOR}*"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    bucket = f"arn:*:s3:::{settings.data_bucket}"
    listed = {"StringLike": {"s3:prefix": [f"{BLOBS}/{tenant}/*"]}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": list(ROWS), "Resource": tables, "Condition": leading},
            {"Effect": "Allow", "Action": list(OBJECTS), "Resource": objects},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket, "Condition": listed},
        ],
    }  # fmt: skip
