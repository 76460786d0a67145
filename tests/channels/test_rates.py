"""How many frames a socket may send."""

import pytest

from channels.close_codes import CloseCode
from channels.rates import Bucket, Rate

RATE = Rate(per_second=2.0, burst=10)


def test_a_burst_passes_and_the_next_frame_waits_for_its_token() -> None:
    bucket = Bucket(RATE, now=100.0)
    assert [bucket.take(100.0) for _ in range(10)] == [0] * 10
    assert bucket.take(100.0) == 500


def test_a_frame_sent_after_the_wait_passes() -> None:
    bucket = Bucket(RATE, now=100.0)
    for _ in range(10):
        bucket.take(100.0)
    wait_ms = bucket.take(100.125)
    assert wait_ms == 375
    assert bucket.take(100.125 + wait_ms / 1000) == 0


def test_a_long_silence_saves_up_no_more_than_the_burst() -> None:
    bucket = Bucket(RATE, now=0.0)
    assert sum(bucket.take(10_000.0) == 0 for _ in range(20)) == RATE.burst


def test_a_steady_sender_at_the_rate_never_waits() -> None:
    bucket = Bucket(RATE, now=0.0)
    assert {bucket.take(index / RATE.per_second) for index in range(200)} == {0}


def test_a_refused_frame_costs_no_token() -> None:
    bucket = Bucket(RATE, now=0.0)
    for _ in range(30):
        bucket.take(0.0)
    assert bucket.take(0.5) == 0


@pytest.mark.parametrize("code", CloseCode)
def test_only_codes_from_4100_on_invite_to_come_back(code: CloseCode) -> None:
    assert code.may_reconnect is (code >= 4100)
    assert 4000 <= code < 4300
