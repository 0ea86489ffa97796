"""How answers tell success from refusal."""

from __future__ import annotations

import pytest

from venuekit.message import HttpResponse
from venuekit.venue import Refusal
from venuekit_binance_common.answers import read_answer


def answer(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {}, body)


@pytest.mark.parametrize(
    "message",
    [
        "Too many requests; current limit is 2400 requests per minute.",
        "IP banned until 1621207852808.",
        "Way too many requests; IP banned until tomorrow. Please stop.",
    ],
)
def test_other_words_tell_no_instant(message: str) -> None:
    """Only the documented form is trusted."""
    refusal = read_answer(answer(b'{"code":-1003,"msg":"%s"}' % message.encode(), 418))

    assert refusal == Refusal(code=-1003, message=message)


@pytest.mark.parametrize("status", [400, 403, 502, 504])
@pytest.mark.parametrize("body", [b"<html>blocked</html>", b"", b'{"code":-10', b"[]", b'"words"', b"null"])
def test_error_in_another_format_is_a_refusal_without_code(body: bytes, status: int) -> None:
    """The first words of the body stand for the message."""
    refusal = read_answer(answer(body, status))

    assert refusal is not None
    assert refusal.code is None
    assert refusal.message == (body.decode() or "empty body")


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
