"""Who asks: key, signature and time window, in the venue's order."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

from venuekit.plugin import Security
from venuekit.simulator import SimKey, SimRequest, is_hmac_sha256
from venuekit.simulator.ledger import Refused, RequestWindow
from venuekit_binance_common.simulated.errors import Errors

__all__ = ["Authentication"]

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
        Return who asks.

        Raises:
            Denied: -2014 for what is no key at all, -2015 for one that is not known, -1102 without timestamp or
                signature, -1022 for a signature that does not fit or is not the last parameter.
            Refused: the timestamp lies outside the window.
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
        """Check the signature over the query string followed immediately by the body, without the signature itself."""
        for name in ("timestamp", "signature"):
            if not request.text(name):
                raise self.errors.missing(name)
        query, body = request.query, request.body.decode("utf-8", "replace")
        # sent twice, the query string wins; elsewhere than at the end it is part of what it would have to sign
        if (found := _last_signature(query)) is not None:
            query, signature = found
        elif (found := _last_signature(body)) is not None:
            body, signature = found
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
    """Return what comes before the signature, and the signature, when it is the last parameter."""
    found = _SIGNATURE.search(text)
    if found is None or found.end() != len(text):
        return None
    return text[: found.start()], found[1]
