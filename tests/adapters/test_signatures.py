"""Webhook signatures: 1,000 forgeries of a valid delivery, none is let in."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from invoicing.adapters.signatures import TOLERANCE_SECONDS, sign, verify
from invoicing.domain.errors import RefusedError

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
SECRET = "a-secret-of-the-crm"
BODY = b'{"event_id":"e-1","kind":"deal_won","object_id":"D-1001"}'
GOOD = sign(SECRET, STAMP, BODY)


def test_the_wire_format_is_fixed() -> None:
    # reference: printf '1.{}' | openssl dgst -sha256 -hmac k
    assert sign("k", "1", b"{}") == (
        "v1=3dd49b2593d0f9a349e9e71c4bde3e2b862c2be4003fe9b4ba81332029310158"
    )


@pytest.mark.parametrize("secrets", [[SECRET], ["old", SECRET], [SECRET, "new"], ["", SECRET]])
def test_any_live_secret_opens(secrets: list[str]) -> None:
    verify(secrets, STAMP, GOOD, BODY, NOW)


@pytest.mark.parametrize("seconds", [-TOLERANCE_SECONDS, 0, TOLERANCE_SECONDS])
def test_clocks_may_differ_a_little(seconds: int) -> None:
    verify([SECRET], STAMP, GOOD, BODY, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-TOLERANCE_SECONDS - 1, TOLERANCE_SECONDS + 1, 86_400])
def test_a_recording_is_refused_later_and_earlier(seconds: int) -> None:
    with pytest.raises(RefusedError, match="300 s"):
        verify([SECRET], STAMP, GOOD, BODY, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("secrets", [[], [""], ["other"], ["", "other"]])
def test_without_the_right_secret_nothing_opens(secrets: list[str]) -> None:
    with pytest.raises(RefusedError):
        verify(secrets, STAMP, GOOD, BODY, NOW)


def test_an_empty_secret_never_counts() -> None:
    with pytest.raises(RefusedError):
        verify([""], STAMP, sign("", STAMP, BODY), BODY, NOW)


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        " ",
        f" {STAMP}",
        f"{STAMP}\n",
        f"+{STAMP}",
        f"-{STAMP}",
        "1_762_074_000",
        f"{STAMP}.0",
        "\uff11\uff17\uff16",
        "٢",
        "0x69071350",
        "1e9",
        "nan",
        "9" * 13,
        "9" * 5000,
        "²",
    ],
    ids=ascii,
)
def test_timestamps_are_plain_digits(stamp: str) -> None:
    with pytest.raises(RefusedError, match="digits"):
        verify([SECRET], stamp, sign(SECRET, stamp, BODY), BODY, NOW)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "v1=",
        GOOD[3:],
        GOOD.upper(),
        GOOD.replace("v1", "v0"),
        f" {GOOD}",
        f"{GOOD} ",
        f"{GOOD},{GOOD}",
        f"v1={'0' * 64}",
        "v1=" + "é" * 64,
        "\ud800",
        GOOD + "\0",
    ],
    ids=ascii,
)
def test_only_the_exact_signature_opens(signature: str) -> None:
    with pytest.raises(RefusedError):
        verify([SECRET], STAMP, signature, BODY, NOW)


def test_a_thousand_mutations_of_a_valid_delivery_are_refused() -> None:
    chance = random.Random(20261102)
    parts = {"stamp": STAMP.encode(), "signature": GOOD.encode(), "body": BODY}
    accepted = 0
    for _ in range(1000):
        place = chance.choice(list(parts))
        forged = dict(parts, **{place: _mutated(parts[place], chance)})
        try:
            verify(
                [SECRET],
                forged["stamp"].decode("latin-1"),
                forged["signature"].decode("latin-1"),
                forged["body"],
                NOW,
            )
        except RefusedError:
            continue
        accepted += forged != parts
    assert accepted == 0


def _mutated(value: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(value))
    match chance.randrange(4):
        case 0:
            return (
                value[:place]
                + bytes([value[place] ^ (1 << chance.randrange(8))])
                + value[place + 1 :]
            )
        case 1:
            return value[:place] + value[place + 1 :]
        case 2:
            return value[:place] + bytes([chance.randrange(256)]) + value[place:]
    return value[:place]
