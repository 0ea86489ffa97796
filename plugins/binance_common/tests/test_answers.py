"""How answers tell success from refusal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from venuekit.faults import Fault
from venuekit.message import HttpResponse
from venuekit.venue import Refusal
from venuekit_binance_common.faults import read_answer


def answer(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {}, body)


@pytest.mark.parametrize(
    "message",
    [
        "Too many requests; current limit is 2400 requests per minute.",
        "Too many requests; current limit of IP(203.0.113.9) is 2400 requests per minute.",
        "Way too many requests; IP banned until tomorrow. Please stop.",
    ],
)
def test_other_words_tell_no_instant(message: str) -> None:
    """A limit is none that ends at an instant, and a word is no instant."""
    refusal = read_answer(answer(b'{"code":-1003,"msg":"%s"}' % message.encode(), 418))

    assert refusal == Refusal(code=-1003, message=message)


@pytest.mark.parametrize("status", [403, 418, 429])
@pytest.mark.parametrize(
    "message",
    [
        "Way too many requests; IP banned until 1621207852808.",
        "Way too many requests; IP banned until 1621207852808. Please use the websocket for live updates.",
        "Way too many requests; IP(203.0.113.9) banned until 1621207852808. Please use the websocket for live updates.",
        "Way too much request weight used; IP banned until 1621207852808. Please use the websocket for live updates.",
        "IP banned until 1621207852808.",
    ],
)
def test_every_wording_of_a_ban_tells_until_when(message: str, status: int) -> None:
    """With and without an address, and whatever the status is, it is a ban until then."""
    refusal = read_answer(answer(b'{"code":-1003,"msg":"%s"}' % message.encode(), status))

    until = datetime(2021, 5, 16, 23, 30, 52, 808000, UTC)
    assert refusal == Refusal(code=-1003, message=message, retry_at=until, fault=Fault.BANNED)


def test_other_refusals_ban_nobody_whatever_they_quote() -> None:
    """Words about a ban count behind the code that announces it, not where somebody's text is repeated."""
    refusal = read_answer(answer(b'{"code":-4015,"msg":"Client order id banned until 1621207852808 is invalid."}', 400))

    assert refusal is not None
    assert (refusal.fault, refusal.retry_at) == (None, None)


@pytest.mark.parametrize("status", [400, 403, 502, 504])
@pytest.mark.parametrize("body", [b"<html>blocked</html>", b"", b'{"code":-10', b"[]", b'"words"', b"null"])
def test_error_in_another_format_is_a_refusal_without_code(body: bytes, status: int) -> None:
    """The text of the body becomes the message, and no one is taken for the venue."""
    refusal = read_answer(answer(body, status))

    assert refusal is not None
    assert (refusal.code, refusal.is_foreign) == (None, True)
    assert refusal.message == ("blocked" if b"<" in body else body.decode() or "empty body")


def test_words_of_the_venues_without_a_code_are_still_its_own() -> None:
    """Some refusals come as JSON that has words and no code: nobody else writes those."""
    refusal = read_answer(answer(b'{"msg":"Service Unavailable."}', 503))

    assert refusal is not None
    assert (refusal.code, refusal.is_foreign) == (None, False)


@pytest.mark.parametrize("status", [403, 418, 429])
@pytest.mark.parametrize("body", [b'{"msg":"Forbidden"}', b'{"code":null,"msg":"Slow down"}', b'{"code":"","msg":""}'])
def test_words_without_a_code_may_be_a_firewalls(body: bytes, status: int) -> None:
    """An order that met them may have been executed."""
    refusal = read_answer(answer(body, status))

    assert refusal is not None
    assert (refusal.code, refusal.is_foreign) == (None, True)


@pytest.mark.parametrize("body", [b"<html>ok</html>", b"", b"   ", b"ok", b'{"code":200,"ms'])
def test_success_that_is_not_json_is_no_answer(body: bytes) -> None:
    """A 2xx that cannot be read is neither success nor refusal."""
    with pytest.raises(ValueError, match=r"JSON|Unterminated"):
        read_answer(answer(body))


@pytest.mark.parametrize("code", [b"-4046", b'"-4046"'])
def test_refusal_behind_a_success_status_is_one(code: bytes) -> None:
    """A code that is not 200 refuses whatever the status says, as a number and as text."""
    assert read_answer(answer(b'{"code":%s,"msg":"No"}' % code)) == Refusal(code=-4046, message="No")


def test_success_code_may_be_text() -> None:
    """Some acknowledgements spell 200 as text."""
    assert read_answer(answer(b'{"code":"200","msg":"success"}')) is None


def test_maintenance_body_has_a_code_of_its_own() -> None:
    """The odd body of a maintenance window is known by its only field."""
    assert read_answer(answer(b'{"239999":"closed"}', 503)) == Refusal(code="239999", message="closed")
    assert read_answer(answer(b'{"239999":"closed"}')) == Refusal(code="239999", message="closed")


def test_long_answer_is_not_parsed_twice() -> None:
    """An answer longer than any refusal is a success even where a field is called code."""
    body = b'{"code":-1,"msg":"%s"}' % (b"x" * 5000)

    assert read_answer(answer(body)) is None
