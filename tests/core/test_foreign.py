"""Answers of somebody else than the venue."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from venuekit.faults import Fault
from venuekit.foreign import ban_end, read_foreign, words_of
from venuekit.message import HttpResponse

NETWORK = """<!DOCTYPE HTML><HTML><HEAD><STYLE type="text/css">h1 { color: red }</STYLE>
<TITLE>ERROR: The request could not be satisfied</TITLE><script>var a = "<b>";</script></HEAD>
<BODY><H1>403 ERROR</H1> <!-- hidden --> {words} &amp; so on</BODY></HTML>"""


def page(words: str, status: int = 403) -> HttpResponse:
    return HttpResponse(status, {}, NETWORK.replace("{words}", words).encode())


def test_a_page_is_told_by_what_a_reader_would_see() -> None:
    """Tags, styles, scripts and comments are left out, and entities are read."""
    assert words_of(page("Request blocked.").body) == (
        "ERROR: The request could not be satisfied 403 ERROR Request blocked. & so on"
    )


@pytest.mark.parametrize("body", [b"", b"   ", b"<html></html>"])
def test_a_page_that_says_nothing_is_told_as_empty(body: bytes) -> None:
    """There is always something to show."""
    assert words_of(body) == "empty body"


def test_of_a_long_page_only_the_beginning_is_told() -> None:
    """An error is one line, however long the page is; bytes that are no text are no reason to fail."""
    assert words_of(b"\xff" + b"x" * 100_000) == "\ufffd" + "x" * 299 + "..."


@pytest.mark.parametrize(
    "words",
    [
        "The Amazon CloudFront distribution is configured to block access from your country.",
        "The owner of this website has banned the country or region your IP address is in from accessing it.",
        "Service unavailable from a restricted location according to the terms.",
        "This service is not available in your region.",
        "You are in a country/region where our service is restricted.",
        "Unavailable for legal reasons",
    ],
)
def test_a_countrys_block_is_a_permission_with_its_words(words: str) -> None:
    """It does not pass by waiting."""
    refusal = read_foreign(page(words))

    assert (refusal.code, refusal.fault, refusal.is_foreign) == (None, Fault.PERMISSION, True)
    assert words in refusal.message


@pytest.mark.parametrize("words", ["Request blocked.", "You are being rate limited", "Access denied", ""])
def test_any_other_page_is_judged_by_its_status(words: str) -> None:
    """A firewall that says no more than no may let us in later."""
    assert read_foreign(page(words)).fault is None


def test_status_451_is_a_permission_whatever_it_says() -> None:
    """The status itself says that the law keeps us out."""
    assert read_foreign(page("", 451)).fault is Fault.PERMISSION


def test_a_page_of_a_broken_server_is_no_block() -> None:
    """Behind a 5xx nobody decided anything."""
    assert read_foreign(page("not available in your region", 502)).fault is None


@pytest.mark.parametrize(
    ("words", "until"),
    [
        ("IP banned until 1621207852808.", datetime(2021, 5, 16, 23, 30, 52, 808000, UTC)),
        ("IP(203.0.113.9) Banned  until: 1621207852808", datetime(2021, 5, 16, 23, 30, 52, 808000, UTC)),
        ("banned until 1621207852", datetime(2021, 5, 16, 23, 30, 52, tzinfo=UTC)),
        ("banned until 1621207852808123", datetime(2021, 5, 16, 23, 30, 52, 808123, UTC)),
        ("banned until 12345678901234567890", None),
        ("banned until tomorrow", None),
        ("unbanned until 1621207852808", None),
    ],
)
def test_the_end_of_a_ban_is_read_in_every_unit(words: str, until: datetime | None) -> None:
    """Seconds, milliseconds and microseconds are told apart by their length; what is none is none."""
    assert ban_end(words) == until


def test_a_ban_on_a_page_ends_when_the_page_says() -> None:
    """Also somebody on the way may name the instant."""
    refusal = read_foreign(page("banned until 1621207852808"))

    assert refusal.fault is Fault.BANNED
    assert refusal.retry_at == datetime(2021, 5, 16, 23, 30, 52, 808000, UTC)
