"""Logging in to a socket by a signed frame: the private stream and the trade socket check it alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from venuekit.simulator import SimKey, is_signed_by

#: reasons for a refused login, by code
MALFORMED, UNKNOWN_KEY, WRONG_SIGNATURE, REPEATED = 10001, 10003, 10004, 20001
LOGIN_REFUSALS: Mapping[int, str] = {
    MALFORMED: "Params Error",
    UNKNOWN_KEY: "API key is invalid.",
    WRONG_SIGNATURE: "Error sign, please check your signature generation algorithm.",
    REPEATED: "Repeat auth",
}


class LoginRefused(Exception):
    """Raised for a login that fails: ``code`` is its reason."""

    def __init__(self, code: int) -> None:
        super().__init__(LOGIN_REFUSALS[code])
        self.code = code
        self.words = LOGIN_REFUSALS[code]


def find_key(arguments: object, keys: Mapping[str, SimKey], milliseconds: int) -> SimKey:
    """
    Return the key of a login: its name, the time until which the frame counts, and the signature over that time.

    Raises:
        LoginRefused: the frame is malformed or too old, the key is unknown, or the signature wrong.
    """
    if not isinstance(arguments, Sequence) or isinstance(arguments, str) or len(arguments) != 3:
        raise LoginRefused(MALFORMED)
    name, expires, signature = map(str, arguments)
    if not expires.isdecimal() or int(expires) <= milliseconds:
        raise LoginRefused(MALFORMED)
    key = keys.get(name)
    if key is None:
        raise LoginRefused(UNKNOWN_KEY)
    if not is_signed_by(key, f"GET/realtime{expires}".encode(), signature):
        raise LoginRefused(WRONG_SIGNATURE)
    return key
