import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mesh.kit.platform import Platform, Reply
from mesh.kit.problem import Conflict, Invalid
from tests.ports.conftest import Place

LEASE_S = 60.0
DAY_S = 24 * 3600.0
FIRST = Reply(201, {"content-type": "application/json", "location": "/results/1"}, b'{"n": 1, "\xff": 2}')


def test_the_first_reply_is_given_again_for_the_same_question(platform: Platform) -> None:
    assert platform.replies.begin("msp-a", "k", "question", LEASE_S) is None
    platform.replies.finish("msp-a", "k", FIRST)
    assert platform.replies.begin("msp-a", "k", "question", LEASE_S) == FIRST
    assert platform.replies.begin("msp-a", "k", "question", LEASE_S) == FIRST


def test_the_second_waits_while_the_first_is_under_way(platform: Platform) -> None:
    platform.replies.begin("msp-a", "k", "question", LEASE_S)
    with pytest.raises(Conflict) as refused:
        platform.replies.begin("msp-a", "k", "question", LEASE_S)
    assert refused.value.retry_after_s


def test_the_same_key_with_another_question_is_refused_before_and_after_the_reply(platform: Platform) -> None:
    platform.replies.begin("msp-a", "k", "question", LEASE_S)
    for _ in range(2):
        with pytest.raises(Invalid) as refused:
            platform.replies.begin("msp-a", "k", "another", LEASE_S)
        assert refused.value.errors[0].field == "Idempotency-Key"
        platform.replies.finish("msp-a", "k", FIRST)


def test_a_key_is_free_again_once_its_try_was_abandoned(platform: Platform) -> None:
    platform.replies.begin("msp-a", "k", "question", LEASE_S)
    platform.replies.abandon("msp-a", "k")
    assert platform.replies.begin("msp-a", "k", "another", LEASE_S) is None


def test_a_reply_that_was_given_cannot_be_abandoned(platform: Platform) -> None:
    platform.replies.begin("msp-a", "k", "question", LEASE_S)
    platform.replies.finish("msp-a", "k", FIRST)
    platform.replies.abandon("msp-a", "k")
    assert platform.replies.begin("msp-a", "k", "question", LEASE_S) == FIRST


def test_a_key_is_free_again_when_the_lease_of_a_dead_process_ends(place: Place) -> None:
    place.platform.replies.begin("msp-a", "k", "question", LEASE_S)
    replies = place.reopen().replies
    place.later(LEASE_S - 1)
    with pytest.raises(Conflict):
        replies.begin("msp-a", "k", "question", LEASE_S)
    place.later(2)
    assert replies.begin("msp-a", "k", "question", LEASE_S) is None
    with pytest.raises(Conflict):
        replies.begin("msp-a", "k", "question", LEASE_S)


def test_a_reply_is_kept_for_a_day_and_through_a_restart(place: Place) -> None:
    place.platform.replies.begin("msp-a", "k", "question", LEASE_S)
    place.platform.replies.finish("msp-a", "k", FIRST)
    replies = place.reopen().replies
    place.later(DAY_S - 1)
    assert replies.begin("msp-a", "k", "question", LEASE_S) == FIRST
    place.later(2)
    assert replies.begin("msp-a", "k", "another", LEASE_S) is None


def test_no_tenant_meets_another_ones_keys(platform: Platform) -> None:
    platform.replies.begin("msp-a", "k", "question", LEASE_S)
    platform.replies.finish("msp-a", "k", FIRST)
    assert platform.replies.begin("msp-b", "k", "another", LEASE_S) is None
    platform.replies.abandon("msp-b", "k")
    assert platform.replies.begin("msp-a", "k", "question", LEASE_S) == FIRST


def test_of_many_at_once_one_goes_on(place: Place) -> None:
    other = place.open(place.home, place.clock)
    together = threading.Barrier(8)

    def attempt(number: int) -> bool:
        replies = (place.platform, other)[number % 2].replies
        together.wait()
        try:
            return replies.begin("msp-a", "k", "question", LEASE_S) is None
        except Conflict:
            return False

    try:
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, range(8))) == 1
    finally:
        other.close()
