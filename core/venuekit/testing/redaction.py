"""Redaction: recorded answers without secrets, and with made-up ids, accounts and addresses that stay recognisable."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from venuekit._util.texts import is_secret_name
from venuekit.credentials.redactor import hidden_name, redact

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
#: last words of the names of fields that identify somebody or something of theirs
_IDENTITIES = frozenset({"address", "email", "id", "ids", "ip", "ips", "uid", "uids", "username", "nickname"})
#: names, in small letters, whose words are not set apart or that are no identity by their last word
_NAMES = frozenset(
    {*("accountid", "clientorderid", "clordid", "orderid", "orderlinkid", "tradeid", "tranid", "userid"), "account"}
)
#: words at the end of a name that say how an id is written
_FORMS = frozenset({"int", "long", "str", "64"})
#: ids that are the venue's own and the same for everybody
_PUBLIC = frozenset({"riskid", "categoryid", "chainid"})
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"0x[0-9a-fA-F]{8,}")
_PERSONAL = re.compile(r"0x[0-9a-fA-F]{40,}|[^@\s]+@[^@\s]+\.[a-z]+|[0-9]{1,3}(\.[0-9]{1,3}){3}")
#: digits of a made-up number at least, so that it is no small one that means something
_DIGITS = 7


class Redaction:
    """
    Replaces private texts in the answers of one venue.

    The same text or number gets the same made-up one wherever it stands, by the order in which they are met: equal
    answers in an equal order become equal bytes. Secrets are found by the names of their fields, and those of this
    process and long opaque words anywhere; ids, accounts and addresses by names and form. ``names`` are further names
    of fields to replace, such as those of the parameters that name an order.
    """

    def __init__(self, names: Collection[str] = ()) -> None:
        self._names = frozenset(name.lower() for name in names)
        self._numbers: dict[str, int] = {}

    def redact(self, value: Any, name: str = "") -> Any:
        """Return a JSON value, the one of a field ``name``, without anything private."""
        if isinstance(value, Mapping):
            return {str(key): self.redact(each, str(key)) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.redact(each, name) for each in value]
        if isinstance(value, bool) or value is None or value in {"", "0", 0, "-1", -1}:
            return value
        if isinstance(value, int):
            return int(self._replace(str(value))) if self._is_identity(name) else value
        if isinstance(value, str) and (self._is_identity(name) or _is_private(name, value)):
            return self._replace(value)
        return value

    def _is_identity(self, name: str) -> bool:
        plain = re.sub(r"[^a-z0-9]", "", name.lower())
        words = _WORDS.findall(name)
        while words and words[-1].lower() in _FORMS:
            words.pop()
        by_name = name.lower() in self._names or plain in _NAMES or bool(words and words[-1].lower() in _IDENTITIES)
        return by_name and plain not in _PUBLIC

    def _replace(self, text: str) -> str:
        """Return the made-up text or number of the same form."""
        number = self._numbers.setdefault(text, len(self._numbers) + 1)
        if text.lstrip("-").isdecimal():
            return str(10 ** (max(len(text), _DIGITS) - 1) + number)
        if _UUID.fullmatch(text):
            return f"00000000-0000-4000-8000-{number:012d}"
        if _HEX.fullmatch(text):
            return f"0x{number:0{len(text) - 2}x}"
        return f"made-up-{number}"


def _is_private(name: str, text: str) -> bool:
    return is_secret_name(name) or hidden_name(name) or bool(_PERSONAL.fullmatch(text)) or redact(text) != text
