"""
Answers that a venue's application did not write: the pages of a firewall, a gateway, a proxy on the way.

Its author knows nothing of the venue's actions: a write that met one may have been executed.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from venuekit._util.times import EPOCH
from venuekit.credentials.redactor import redact
from venuekit.faults import Fault
from venuekit.message import HttpResponse
from venuekit.venue import Refusal

_BANNED_UNTIL = re.compile(r"\bbanned\s+until\b[\s:]*(\d{10,16})(?!\d)", re.IGNORECASE)
#: a country or the law keeps this address out for good, as opposed to a limit that passes
_SHUT_OUT_FOR_GOOD = re.compile(
    r"""access\ from\ your\ (?:country|region)
    | restricted\ (?:location|country|region|jurisdiction)
    | banned\ the\ country\ or\ region
    | not\ (?:available|accessible|allowed|permitted|supported)\ (?:in|from)\ (?:your|this)\ (?:country|region|location)
    | country(?:/|\ or\ )region\ where\ .{1,40}\ restricted
    | your\ (?:country|region|location|jurisdiction)\ (?:is|has\ been)\ (?:not|restricted|blocked|banned|prohibited)
    | (?:un|not\ )available\ (?:for|due\ to)\ legal\ reasons""",
    re.IGNORECASE | re.VERBOSE,
)
_UNSEEN = re.compile(rb"<(script|style)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
#: how much of a page is read, in bytes, and how much of its text is shown
_LOOKED_AT = 16_384
_TOLD = 300


def read_foreign(response: HttpResponse) -> Refusal:
    """
    Return the refusal that an answer without the venue's format amounts to.

    Its message is the text of the page. A country's or the law's block is a matter of permission, everything else is
    taken from the status, by the venue's table.
    """
    words = words_of(response.body)
    until = ban_end(words)
    fault = None
    if 400 <= response.status < 500:
        if response.status == 451 or _SHUT_OUT_FOR_GOOD.search(words):
            fault = Fault.PERMISSION
        elif until is not None:
            fault = Fault.BANNED
    return Refusal(code=None, message=words, retry_at=until, fault=fault)


def words_of(body: bytes) -> str:
    """Return the text of a page or of plain words, on one line, redacted, at most some 300 characters of it."""
    text = _UNSEEN.sub(b" ", body[:_LOOKED_AT]).decode("utf-8", "replace")
    if "<" in text:
        import html  # its table of entities is large, and pages are rare

        text = html.unescape(_TAG.sub(" ", text))
    text = redact(" ".join(text.split()))
    return (text if len(text) <= _TOLD else f"{text[:_TOLD]}...") or "empty body"


def ban_end(words: str) -> datetime | None:
    """Return until when an address is banned, where the words name the instant; None where they do not."""
    found = _BANNED_UNTIL.search(words)
    if found is None:
        return None
    number, digits = int(found[1]), len(found[1])
    if digits < 12:
        return EPOCH + timedelta(seconds=number)
    return EPOCH + (timedelta(milliseconds=number) if digits < 15 else timedelta(microseconds=number))
