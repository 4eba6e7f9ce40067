"""The account that is deployed to, and AWS's refusals as sentences for the person who deploys."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mesh.adapters.aws.clients import Clients
from mesh.kit.problem import Problem, Unavailable

# On stacks and on what they hold (infra/app.py sets it): what carries it is a mesh's.
TAG, TAGGED = "application", "msp-intelligence"
GET_SDK = "This needs the packages for AWS: run it through ./mesh in a checkout, or install the aws extra."
UNKNOWN_KEYS = {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"}
WRONG_SECRET = {"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "403"}
BUSY = {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}
SIGN_IN = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile"
CONNECT_S, READ_S, TRIES = 10, 60, 8


@dataclass
class Account:
    """Where is deployed to. Clients are made once each; `client` gives them by boto3's names."""

    session: Any
    account_id: str
    region: str
    partition: str = "aws"
    endpoint: str | None = None
    # What the session was made with, for another like it.
    options: dict[str, Any] = field(default_factory=dict)
    _made: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A patient client: a deployment waits out throttling that a request must not wait for."""
        if service not in self._made:
            from botocore.config import Config

            config = Config(
                connect_timeout=CONNECT_S,
                read_timeout=READ_S,
                retries={"mode": "standard", "total_max_attempts": TRIES},
            )
            self._made[service] = self.session.client(service, endpoint_url=self.endpoint, config=config)
        return self._made[service]

    def clients(self) -> Clients:
        """What the adapters use, with the same credentials. The caller closes them."""
        return Clients(endpoint_url=self.endpoint, **self.options)

    def filled(self, text: str) -> str:
        """The placeholders of a cloud assembly with this account's values."""
        values = {"AccountId": self.account_id, "Region": self.region, "Partition": self.partition}
        return re.sub(r"\$\{AWS::(\w+)\}", lambda found: values.get(found[1], found[0]), text)

    def close(self) -> None:
        for client in self._made.values():
            client.close()


def sign_in(profile: str | None = None, region: str | None = None, **options: Any) -> Account:
    """Who the credentials belong to. Raises Unavailable, with what to do, when they do not work.

    `options` go to the session; `endpoint_url` is another place that speaks AWS's interfaces.
    """
    try:
        import boto3
    except ImportError as error:
        raise Unavailable(GET_SDK) from error
    endpoint = options.pop("endpoint_url", None)
    with plainly("asking who these credentials belong to"):
        options |= {"profile_name": profile, "region_name": region}
        session = boto3.Session(**options)
        if not session.region_name:
            raise Unavailable("There is no region: name one with --region, or set AWS_REGION.")
        found = Account(session, "", session.region_name, endpoint=endpoint, options=options)
        who = found.client("sts").get_caller_identity()
    found.account_id, found.partition = who["Account"], who["Arn"].split(":")[1]
    return found


@contextmanager
def plainly(doing: str) -> Iterator[None]:
    """Turns what botocore raises into one line that says what to do."""
    from botocore import exceptions as failed

    try:
        yield
    except failed.ClientError as error:
        raise _refused(error, doing) from error
    except failed.ProfileNotFound as error:
        raise Unavailable(f"{error}: see ~/.aws/config for the profiles there are.") from error
    except (failed.NoCredentialsError, failed.PartialCredentialsError) as error:
        raise Unavailable(f"There are no whole credentials for AWS: {SIGN_IN}.") from error
    except (failed.CredentialRetrievalError, failed.TokenRetrievalError, failed.SSOError) as error:
        raise Unavailable(f"The profile's sign-in has ended: run `aws sso login`. ({error})") from error
    except failed.NoRegionError as error:
        raise Unavailable("There is no region: name one with --region, or set AWS_REGION.") from error
    except (failed.ConnectionError, failed.HTTPClientError) as error:
        raise Unavailable(f"AWS was not reached while {doing}: {error}") from error


def _refused(error: Any, doing: str) -> Problem:
    told = error.response.get("Error", {})
    code, message = str(told.get("Code", "")), str(told.get("Message", "")).strip()
    if code in UNKNOWN_KEYS:
        return Unavailable(f"AWS does not know this access key: it is wrong or was deleted; {SIGN_IN}.")
    if code in WRONG_SECRET:
        return Unavailable("The secret access key does not fit the access key: check for a slip in copying.")
    if code in EXPIRED:
        return Unavailable("The credentials have expired: sign in again (`aws sso login`), then try again.")
    if code in DENIED:
        return Unavailable(
            f"AWS refused {error.operation_name} while {doing}: these credentials lack the right. {message}"
        )
    if code in BUSY:
        return Unavailable(f"AWS is throttling {error.operation_name} while {doing}: try again in a minute.")
    return Unavailable(f"AWS failed while {doing}: {error.operation_name} said {code}: {message}")
