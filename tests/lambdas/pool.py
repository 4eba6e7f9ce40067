"""A user pool of our own: its key pairs, what it publishes of them, and tokens it signs."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from mesh.adapters.aws.cognito import Pool

POOL_ID, CLIENT_ID = "eu-west-1_Abc123", "client-1"


@dataclass
class Published:
    """Stands where the pool's keys are fetched from, and counts how often they are."""

    keys: list[dict[str, Any]] = field(default_factory=list)
    fetched: int = 0
    down: bool = False

    def source(self) -> Any:
        import jwt

        published = self

        class Keys(jwt.PyJWKClient):
            def fetch_data(self) -> Any:
                published.fetched += 1
                if published.down:
                    raise jwt.PyJWKClientConnectionError("no route to host 10.0.0.7")
                assert self.jwk_set_cache is not None
                self.jwk_set_cache.put({"keys": published.keys})
                return {"keys": published.keys}

        return Keys("https://pool.example/keys")


class UserPool:
    def __init__(self) -> None:
        self.published = Published()
        self.private: dict[str, Any] = {}
        self.turn("k1")
        self.pool = Pool(POOL_ID, CLIENT_ID, self.published.source().get_signing_key_from_jwt)

    def turn(self, key_id: str) -> None:
        """From now on it has this key too."""
        import jwt
        from cryptography.hazmat.primitives.asymmetric import rsa

        made = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        self.private[key_id] = made
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(made.public_key()))
        self.published.keys.append({**public, "kid": key_id, "use": "sig", "alg": "RS256"})

    def claims(self, **other: Any) -> dict[str, Any]:
        """Of a token for signing in; a claim that is None is left out."""
        now = int(time.time())
        usual = {
            "iss": self.pool.issuer, "aud": CLIENT_ID, "token_use": "id", "sub": "5e1f", "iat": now,
            "exp": now + 300, "custom:msp_id": "msp-a",
        }  # fmt: skip
        return {name: value for name, value in {**usual, **other}.items() if value is not None}

    def token(self, key_id: str = "k1", **other: Any) -> str:
        import jwt

        return str(jwt.encode(self.claims(**other), self.private[key_id], "RS256", {"kid": key_id}))
