"""Authentication: key, signature and time window, checked in the venue's order."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

from venuekit.plugin import Security
from venuekit.simulator import SimKey, SimRequest, is_hmac_sha256
from venuekit.simulator.ledger import Refused, RequestWindow
from venuekit_binance_common.simulated.errors import Errors

_KEY = re.compile(r"[A-Za-z0-9]{64}")
_DIGITS = re.compile(r"[0-9]{1,19}")
_WINDOW = RequestWindow()
_SIGNATURE = re.compile(r"(?:^|&)signature=([^&]*)")


@attrs.frozen
class Authentication:
    """Checks requests as the venue does, and refuses in its words."""

    errors: Errors

    def authenticate(
        self, request: SimRequest, security: Security, keys: Mapping[str, SimKey], milliseconds: int
    ) -> SimKey:
        """
        Return the caller's key.

        Raises:
            Denied: -2014 for a malformed key, -2015 for an unknown one, -1102 without timestamp or signature, -1022 for
                a wrong signature or one that is not the last parameter.
            Refused: the timestamp is outside the window.
        """
        text = request.headers.get("X-MBX-APIKEY", "")
        if not _KEY.fullmatch(text):
            raise self.errors.denial(-2014)
        key = keys.get(text)
        if key is None:
            raise self.errors.denial(-2015)
        if security is Security.SIGNED:
            self._check_signature(request, key.secret)
            self._check_window(request, milliseconds)
        return key

    def recheck(self, request: SimRequest, milliseconds: int) -> None:
        """
        Check the window a second time, as the matching engine does before it applies a request.

        Raises:
            Denied: in the engine's own words.
        """
        try:
            self._check_window(request, milliseconds)
        except Refused:
            raise self.errors.denial(self.errors.too_late) from None

    def _check_signature(self, request: SimRequest, secret: str) -> None:
        """Check the signature over the query string directly followed by the body, without the signature itself."""
        for name in ("timestamp", "signature"):
            if not request.text(name):
                raise self.errors.missing(name)
        query, body = request.query, request.body.decode("utf-8", "replace")
        # of two signatures, the query string's counts; one that is not at the end would have to be part of the signed
        # text
        if (parts := _last_signature(query)) is not None:
            query, signature = parts
        elif (parts := _last_signature(body)) is not None:
            body, signature = parts
        else:
            raise self.errors.denial(-1022)
        if not is_hmac_sha256(secret, (query + body).encode(), signature):
            raise self.errors.denial(-1022)

    def _check_window(self, request: SimRequest, milliseconds: int) -> None:
        sent_at = self._whole(request, "timestamp")
        window = None if request.text("recvWindow") is None else self._whole(request, "recvWindow")
        _WINDOW.check(milliseconds, sent_at, window)

    def _whole(self, request: SimRequest, name: str) -> int:
        text = request.text(name) or ""
        if not _DIGITS.fullmatch(text):
            raise self.errors.missing(name)
        return int(text)


def _last_signature(text: str) -> tuple[str, str] | None:
    """Return the text before the signature, and the signature, when it is the last parameter."""
    match = _SIGNATURE.search(text)
    if match is None or match.end() != len(text):
        return None
    return text[: match.start()], match[1]
