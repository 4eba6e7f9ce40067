import pytest

from tests.ports.conftest import MakeThrottle


class Seconds:
    """A monotonic clock that is set by hand."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_the_next_request_is_told_how_long_to_wait(throttle: MakeThrottle) -> None:
    bucket = throttle(10.0, 20.0, Seconds())
    assert [bucket.take("msp-a") for _ in range(20)] == [0.0] * 20
    assert bucket.take("msp-a") == pytest.approx(0.1)


def test_after_the_wait_it_named_a_request_passes(throttle: MakeThrottle) -> None:
    seconds = Seconds()
    bucket = throttle(10.0, 1.0, seconds)
    assert bucket.take("msp-a") == 0.0
    wait = bucket.take("msp-a")
    seconds.now += wait / 2
    assert bucket.take("msp-a") == pytest.approx(wait / 2)
    seconds.now += wait / 2 + 1e-6
    assert bucket.take("msp-a") == 0.0


def test_a_steady_stream_passes_at_the_rate_and_no_faster(throttle: MakeThrottle) -> None:
    seconds = Seconds()
    bucket = throttle(10.0, 5.0, seconds)
    passed = 0
    for _ in range(1_000):
        passed += bucket.take("msp-a") == 0.0
        seconds.now += 0.01
    assert 100 <= passed <= 106


def test_no_more_than_the_burst_is_saved_up(throttle: MakeThrottle) -> None:
    seconds = Seconds()
    bucket = throttle(10.0, 3.0, seconds)
    bucket.take("msp-a")
    seconds.now += 1_000_000
    assert [bucket.take("msp-a") == 0.0 for _ in range(4)] == [True, True, True, False]


def test_one_tenant_does_not_use_up_anothers_share(throttle: MakeThrottle) -> None:
    bucket = throttle(1.0, 1.0, Seconds())
    assert bucket.take("msp-a") == 0.0
    assert bucket.take("msp-a") > 0
    assert bucket.take("msp-b") == 0.0
