"""People who sign in: tokens of a Cognito user pool, checked by their signature and by what they say.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html

PyJWT and cryptography are loaded with the first token: an API key does without them.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mesh.kit.platform import Role
from mesh.kit.problem import Unavailable

if TYPE_CHECKING:
    from jwt import PyJWK

# The pool's attribute that names the tenant. Only an administrator may write it: whoever can change it can
# read another tenant's rows.
TENANT_CLAIM = "custom:msp_id"
# The pool's group whose people may look after keys, feeds and cost, and the claim that names groups.
ADMINS, GROUPS_CLAIM = "mesh-admins", "cognito:groups"
# What stands in place of a key's id for a connection that a token opened; no key's id has this form.
TOKEN = "token."  # noqa: S105 - a prefix
# A pool changes its keys rarely; one that is not known yet is looked for at once, every 30 s at most.
KEYS_KEPT_S, KEYS_READ_S = 3_600, 2.0
LONGEST = 8_000
log = logging.getLogger("mesh.aws")

KeyOf = Callable[[str], "PyJWK"]


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token stands for, until when (seconds since the epoch), and what it lets its bearer do."""

    msp_id: str
    expires: int
    role: Role = "member"

    @property
    def key_id(self) -> str:
        return f"{TOKEN}{self.expires}"


class Pool:
    """One user pool and one client of it. `key_of` finds the key that signed a token (default: the pool's
    published keys, kept for an hour).
    """

    def __init__(self, pool_id: str, client_id: str, key_of: KeyOf | None = None):
        region = pool_id.partition("_")[0]
        self.issuer = f"https://cognito-idp.{region}.amazonaws.com/{pool_id}"
        self._client_id = client_id
        self._key_of = key_of

    def bearer(self, token: str) -> Bearer | None:
        """None for whatever is not a live token of this pool, made for this client, that names a tenant.

        Raises Unavailable when the pool's keys cannot be read.
        """
        import jwt

        if len(token) > LONGEST:
            return None
        try:
            claims = jwt.decode(
                token,
                self._keys()(token),
                algorithms=["RS256"],
                issuer=self.issuer,
                # A token for signing in names its client as `aud`, one for access as `client_id`: see below.
                options={"require": ["exp", "iat", "iss", "sub"], "verify_aud": False},
            )
        except jwt.PyJWKClientConnectionError as error:
            log.warning("the user pool's keys were not read: %s", error)
            raise Unavailable("The user pool cannot be reached; send the request again.") from error
        except (jwt.PyJWTError, RecursionError) as error:
            log.info("a token was refused: %s", type(error).__name__)
            return None
        tenant = claims.get(TENANT_CLAIM)
        if not self._is_for_us(claims) or not isinstance(tenant, str) or not tenant:
            log.info("a token was refused: it is for another use or client, or names no tenant")
            return None
        groups = claims.get(GROUPS_CLAIM)
        is_admin = isinstance(groups, list) and ADMINS in groups
        return Bearer(tenant, int(claims["exp"]), "admin" if is_admin else "member")

    def _is_for_us(self, claims: dict[str, Any]) -> bool:
        names = {"id": "aud", "access": "client_id"}
        use = claims.get("token_use")
        return isinstance(use, str) and use in names and claims.get(names[use]) == self._client_id

    def _keys(self) -> KeyOf:
        if self._key_of is None:
            from jwt import PyJWKClient

            url = f"{self.issuer}/.well-known/jwks.json"
            client = PyJWKClient(url, lifespan=KEYS_KEPT_S, timeout=KEYS_READ_S)
            self._key_of = client.get_signing_key_from_jwt
        return self._key_of


def token_ends(key_id: str) -> int | None:
    """When the token ends that opened a connection; None for the id of a key.

    >>> token_ends("token.1772452800"), token_ends("a1b2c3d4e5f6")
    (1772452800, None)
    """
    end = key_id.removeprefix(TOKEN)
    return int(end) if end != key_id and end.isdigit() else None
