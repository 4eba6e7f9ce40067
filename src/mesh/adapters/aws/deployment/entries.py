"""The mesh's own keys in the deployment's secret: made once, and kept when the deployment is taken down.

What they signed and hashed stays in the tables, so a deployment that takes the tables up again must find the
same keys. CloudFormation removes the secret with its stack; they are put aside before, under another name.
"""

import base64
import json
import secrets
from typing import Any

from mesh.adapters.aws.deployment.account import TAG, TAGGED, Account, plainly
from mesh.adapters.aws.deployment.uploads import Say
from mesh.kit.problem import Unavailable
from mesh.sharing.benchmarks import NOISE_KEY
from mesh.sharing.matching import HASH_KEY
from mesh.sharing.receipts import SIGNING_KEY
from mesh.sharing.signing import SECRET_BYTES

# What the code reads, and nothing else.
ENTRIES = (SIGNING_KEY, HASH_KEY, NOISE_KEY)
ASIDE = "-kept"


def ensure(secret: str, account: Account, say: Say) -> list[str]:
    """Adds the entries that are missing: as they were put aside, else new ones. Those that were added. An
    entry that is there is never changed.
    """
    client, aside = account.client("secretsmanager"), secret + ASIDE
    with plainly("giving the mesh its own keys"):
        held, kept = _read(client, secret) or {}, _read(client, aside)
        missing = [entry for entry in ENTRIES if not held.get(entry)]
        if missing:
            added = {entry: (kept or {}).get(entry) or _new() for entry in missing}
            client.put_secret_value(SecretId=secret, SecretString=json.dumps({**held, **added}))
        if kept is not None:
            say("  the keys of the earlier deployment are taken up again")
            client.delete_secret(SecretId=aside, ForceDeleteWithoutRecovery=True)
    return missing


def put_aside(secret: str, account: Account) -> str:
    """Keeps the entries under another name, which is returned; empty where there is none to keep."""
    client, aside = account.client("secretsmanager"), secret + ASIDE
    with plainly("putting the mesh's own keys aside"):
        held = _read(client, secret)
        if not held:
            return aside if _read(client, aside) else ""
        text = json.dumps(held)
        if _read(client, aside) is None:
            client.create_secret(
                Name=aside, SecretString=text, Tags=[{"Key": TAG, "Value": TAGGED}],
                Description="Keys of a mesh whose stacks were removed and whose tables were kept",
            )  # fmt: skip
        else:
            client.put_secret_value(SecretId=aside, SecretString=text)
    return aside


def erase(secret: str, account: Account) -> None:
    """Removes what was put aside, for good."""
    client = account.client("secretsmanager")
    with plainly("erasing the mesh's own keys"):
        if _read(client, secret + ASIDE) is not None:
            client.delete_secret(SecretId=secret + ASIDE, ForceDeleteWithoutRecovery=True)


def _new() -> str:
    return base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _read(client: Any, secret: str) -> dict[str, str] | None:
    """The entries of a secret, or None where there is no such secret. Raises Unavailable for another form."""
    from botocore.exceptions import ClientError

    try:
        text = client.get_secret_value(SecretId=secret).get("SecretString", "")
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    try:
        held = json.loads(text or "{}")
    except ValueError:
        held = None
    if not isinstance(held, dict):
        # Not its text, which is a secret.
        raise Unavailable(f"The secret {secret!r} must be a JSON object of texts; it was left as it is.")
    return held
