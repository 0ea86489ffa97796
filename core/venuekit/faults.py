"""Faults: the meaning of a venue's refusals, as data."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping

import attrs

from venuekit import errors


class Fault(enum.StrEnum):
    """The meaning of a refusal for the caller."""

    CLOCK = "clock"  #: our timestamp lies outside the venue's window; not executed
    NONCE = "nonce"  #: our number was used already, or a later one came first; not executed
    THROTTLED = "throttled"  #: a rate limit; not executed
    BANNED = "banned"  #: this address is shut out for a while; not executed
    OVERLOADED = "overloaded"  #: too busy, and documented as not executed
    OVERLOADED_UNKNOWN = "overloaded_unknown"  #: too busy; documented as not executed, and orders behind it were found
    UNAVAILABLE = "unavailable"  #: maintenance; not executed
    UNKNOWN_OUTCOME = "unknown_outcome"  #: the venue does not know whether it executed
    AUTHENTICATION = "authentication"
    #: the session token has ended; not executed
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - the name of a fault
    PERMISSION = "permission"
    INVALID = "invalid"
    NOT_FOUND = "not_found"
    REJECTED = "rejected"
    UNSUPPORTED = "unsupported"  #: this environment or account does not have the endpoint at all

    @property
    def leaves_open(self) -> bool:
        """Whether an order that met it may have been executed."""
        return self in {Fault.UNKNOWN_OUTCOME, Fault.OVERLOADED_UNKNOWN}


_ERRORS: Mapping[Fault, type[errors.VenueError | errors.UnsupportedCapability]] = {
    Fault.CLOCK: errors.ClockSkew,
    Fault.NONCE: errors.NonceUsed,
    Fault.THROTTLED: errors.Throttled,
    Fault.BANNED: errors.Banned,
    Fault.OVERLOADED: errors.Overloaded,
    Fault.OVERLOADED_UNKNOWN: errors.Overloaded,
    Fault.UNAVAILABLE: errors.Unavailable,
    Fault.UNKNOWN_OUTCOME: errors.OutcomeNotStated,
    Fault.AUTHENTICATION: errors.AuthenticationFailed,
    Fault.TOKEN_EXPIRED: errors.AuthenticationFailed,
    Fault.PERMISSION: errors.PermissionDenied,
    Fault.INVALID: errors.InvalidRequest,
    Fault.NOT_FOUND: errors.NotFound,
    Fault.REJECTED: errors.Rejected,
    Fault.UNSUPPORTED: errors.UnsupportedCapability,
}


def error_of(fault: Fault) -> type[errors.VenueError | errors.UnsupportedCapability]:
    """Return the error that a refusal of this meaning is raised as."""
    return _ERRORS[fault]


@attrs.frozen
class FaultRow:
    """
    One row: the meaning of a refusal with this status, code and message.

    None matches anything. A ``message`` is compared whole; a ``prefix`` is how a message begins that goes on with names
    and numbers. None is ever searched for. ``mend`` is the sentence the error adds to the
    venue's words: their meaning and the remedy; empty where the words suffice. ``is_account_limit`` says
    of a THROTTLED that the account has sent too much of something, whatever the status is: what pays nothing there
    goes on.
    """

    fault: Fault
    code: int | str | None = None
    status: int | None = None
    message: str | None = None
    prefix: str | None = attrs.field(default=None, kw_only=True)
    mend: str = attrs.field(default="", kw_only=True)
    is_account_limit: bool = attrs.field(default=False, kw_only=True)


_Key = tuple[int | None, int | str | None, str | None]


@attrs.frozen
class FaultTable:
    """
    A venue's refusals. The most specific row wins: code before message, the longest prefix, and status.

    A refusal of the venue's own that no row lists is REJECTED, below a status of 500; a foreign one is taken by its
    status: 401 AUTHENTICATION, 403 THROTTLED (a firewall's limit), 418 BANNED, 429 THROTTLED, and anything else
    UNKNOWN_OUTCOME, a 404 as well: a page without the venue's format does not know the venue's orders or actions.
    A 451 is PERMISSION, whoever wrote it. A venue without codes lists messages, their beginnings, or statuses.

    Raises:
        ValueError: two rows for one refusal, or a row with message and prefix, or with an empty prefix.
    """

    rows: tuple[FaultRow, ...]
    _index: Mapping[_Key, FaultRow] = attrs.field(init=False, repr=False, eq=False)
    #: rows by the beginning of a message, the longest first
    _prefixes: tuple[FaultRow, ...] = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        index: dict[_Key, FaultRow] = {}
        prefixes: dict[_Key, FaultRow] = {}
        for row in self.rows:
            if row.prefix == "" or None not in {row.prefix, row.message}:
                raise ValueError(f"{row} has message and prefix, or a prefix that every message has")
            rows, words = (index, row.message) if row.prefix is None else (prefixes, row.prefix)
            if rows.setdefault((row.status, row.code, words), row) is not row:
                raise ValueError(f"two rows for status {row.status}, code {row.code}, message {words!r}")
        object.__setattr__(self, "_index", index)
        longest_first = sorted(prefixes.values(), key=lambda row: (-len(row.prefix or ""), row.status is None))
        object.__setattr__(self, "_prefixes", tuple(longest_first))

    def classify(self, status: int, code: int | str | None, message: str, *, is_foreign: bool | None = None) -> Fault:
        """
        Return the meaning of a refusal; ``code`` is None when the venue gave none.

        ``is_foreign`` says that the venue's application did not write it; left out, it did when there is a code.
        """
        row = self.row(status, code, message)
        if row is not None:
            return row.fault
        return _by_status(status, is_own=code is not None if is_foreign is None else not is_foreign)

    def row(self, status: int, code: int | str | None, message: str) -> FaultRow | None:
        """Return the row that a refusal falls under, None when no row lists it."""
        for known in (code, None) if code is not None else (None,):
            row = (
                self._index.get((status, known, message))
                or self._index.get((None, known, message))
                or self._row_by_prefix(status, known, message)
                or self._index.get((status, known, None))
                or (self._index.get((None, known, None)) if known is not None else None)
            )
            if row is not None:
                return row
        return None

    def _row_by_prefix(self, status: int, code: int | str | None, message: str) -> FaultRow | None:
        for row in self._prefixes:
            if row.code == code and row.status in {None, status} and message.startswith(row.prefix or ""):
                return row
        return None


_STATUS_FAULTS: Mapping[int, Fault] = {
    401: Fault.AUTHENTICATION,
    403: Fault.THROTTLED,
    418: Fault.BANNED,
    429: Fault.THROTTLED,
}


def is_listed(codes: Collection[int | str], code: int | str | None, message: str) -> bool:
    """
    Say whether a refusal is one of ``codes``.

    Of a refusal without a code, a text among them is the beginning of its message.
    """
    if code is not None:
        return code in codes
    return any(isinstance(one, str) and one and message.startswith(one) for one in codes)


def _by_status(status: int, *, is_own: bool) -> Fault:
    """Return the meaning of an unlisted refusal: after a server's own error the outcome is unknown."""
    if status >= 500:
        return Fault.UNKNOWN_OUTCOME
    if status == 451:
        return Fault.PERMISSION
    if is_own and status not in {408, 418, 429}:
        return Fault.REJECTED
    return _STATUS_FAULTS.get(status, Fault.UNKNOWN_OUTCOME)
