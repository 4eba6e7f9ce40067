"""The mesh's own keys in the deployment's secret."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from mesh.adapters.aws.deployment import entries
from mesh.kit.problem import Unavailable
from mesh.sharing.signing import secret_bytes
from tests.aws import ministack


class Account:
    def client(self, service: str) -> Any:
        assert service == "secretsmanager"
        return ministack.clients().secrets


ACCOUNT: Any = Account()


def quiet(_: str) -> None:
    """Says nothing."""


@pytest.fixture
def secret() -> Iterator[str]:
    """A secret as a template makes it."""
    name = f"credentials-{uuid4().hex[:8]}"
    make(name)
    yield name


def make(name: str) -> None:
    ministack.clients().secrets.create_secret(Name=name, SecretString="{}")


def remove(name: str) -> None:
    ministack.clients().secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def held(name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        ministack.clients().secrets.get_secret_value(SecretId=name)["SecretString"]
    )
    return found


def test_every_entry_that_the_code_reads_is_made_once_and_none_is_like_another(secret: str) -> None:
    assert entries.ensure(secret, ACCOUNT, quiet) == list(entries.ENTRIES)
    first = held(secret)
    assert {len(secret_bytes(value)) for value in first.values()} == {32}
    assert len(set(first.values())) == len(entries.ENTRIES) == len(first)
    assert entries.ensure(secret, ACCOUNT, quiet) == [] and held(secret) == first


def test_an_entry_that_somebody_added_stays(secret: str) -> None:
    ministack.clients().secrets.put_secret_value(SecretId=secret, SecretString='{"other": "theirs"}')
    entries.ensure(secret, ACCOUNT, quiet)
    assert held(secret)["other"] == "theirs" and set(entries.ENTRIES) < set(held(secret))


def test_a_deployment_that_takes_up_what_was_kept_finds_the_same_keys(secret: str) -> None:
    entries.ensure(secret, ACCOUNT, quiet)
    before = held(secret)
    for _ in range(2):
        assert entries.put_aside(secret, ACCOUNT) == f"{secret}-kept"
    remove(secret)
    # Taken down twice: the second time there is nothing to put aside, and what was stays.
    assert entries.put_aside(secret, ACCOUNT) == f"{secret}-kept"
    make(secret)
    entries.ensure(secret, ACCOUNT, quiet)
    assert held(secret) == before
    with pytest.raises(ministack.clients().secrets.exceptions.ResourceNotFoundException):
        held(f"{secret}-kept")


def test_erasing_leaves_no_key(secret: str) -> None:
    entries.ensure(secret, ACCOUNT, quiet)
    entries.put_aside(secret, ACCOUNT)
    for _ in range(2):
        entries.erase(secret, ACCOUNT)
    with pytest.raises(ministack.clients().secrets.exceptions.ResourceNotFoundException):
        held(f"{secret}-kept")


@pytest.mark.parametrize("text", ["not JSON", "[]", "7"])
def test_a_secret_of_another_form_is_left_as_it_is_and_not_told(secret: str, text: str) -> None:
    ministack.clients().secrets.put_secret_value(SecretId=secret, SecretString=text)
    with pytest.raises(Unavailable, match="JSON object") as refused:
        entries.ensure(secret, ACCOUNT, quiet)
    assert text not in str(refused.value.detail) or text == "7"
    assert ministack.clients().secrets.get_secret_value(SecretId=secret)["SecretString"] == text
