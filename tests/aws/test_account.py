"""Signing in: what a person is told when the credentials are wrong, missing, expired or not enough."""

from pathlib import Path

import pytest
from botocore import exceptions as failed
from botocore.exceptions import ClientError

from mesh.adapters.aws.deployment.account import Account, plainly, sign_in
from mesh.kit.problem import Unavailable

CODES = {
    "InvalidClientTokenId": "does not know this access key",
    "UnrecognizedClientException": "does not know this access key",
    "SignatureDoesNotMatch": "secret access key does not fit",
    "ExpiredToken": "expired",
    "ExpiredTokenException": "expired",
    "AccessDenied": "lack the right",
    "Throttling": "try again in a minute",
    "InternalFailure": "AWS failed while trying",
}


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any credentials."""
    for name in (
        "AWS_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def refused(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateChangeSet")


@pytest.mark.parametrize("code", CODES)
def test_each_refusal_is_one_line_that_says_what_to_do(code: str) -> None:
    with pytest.raises(Unavailable) as told, plainly("trying"):
        raise refused(code)
    assert CODES[code] in told.value.detail and "\n" not in told.value.detail


def test_a_missing_right_is_named() -> None:
    message = "User: arn:aws:iam::1:user/ada is not authorized to perform: cloudformation:CreateChangeSet"
    with pytest.raises(Unavailable) as told, plainly("planning"):
        raise refused("AccessDenied", message)
    assert "CreateChangeSet while planning" in told.value.detail and message in told.value.detail


def test_without_credentials_it_is_said_how_to_give_them(nobody: None) -> None:
    with pytest.raises(Unavailable, match=r"no whole credentials.*--profile"):
        sign_in(region="eu-central-1")


def test_half_a_credential_is_none(nobody: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    with pytest.raises(Unavailable, match="no whole credentials"):
        sign_in(region="eu-central-1")


def test_without_a_region_it_is_said_how_to_give_one(nobody: None) -> None:
    with pytest.raises(Unavailable, match="--region"):
        sign_in()


def test_an_unknown_profile_is_named(nobody: None) -> None:
    with pytest.raises(Unavailable, match=r"\(ada\).*~/.aws/config"):
        sign_in("ada", "eu-central-1")


def test_an_ended_single_sign_on_is_renewed_by_its_own_command() -> None:
    for error in (failed.UnauthorizedSSOTokenError(), failed.SSOTokenLoadError(error_msg="gone")):
        with pytest.raises(Unavailable, match="aws sso login"), plainly("trying"):
            raise error


def test_an_aws_that_is_not_reached_is_said_to_be_so() -> None:
    with pytest.raises(Unavailable, match="was not reached while trying"), plainly("trying"):
        raise failed.EndpointConnectionError(endpoint_url="https://sts.nowhere.amazonaws.com")


def test_placeholders_are_filled_and_others_left() -> None:
    account = Account(None, "123456789012", "eu-central-1")
    text = "b-${AWS::AccountId}-${AWS::Region}-${AWS::Partition}-${AWS::Other}"
    assert account.filled(text) == "b-123456789012-eu-central-1-aws-${AWS::Other}"
