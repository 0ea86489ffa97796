"""Errors raised by venuekit.

* VenuekitError
  + ConfigurationError        something a user wrote cannot be used; nothing was sent
    - UnknownVenue            no installed distribution provides this venue id
    - AccountsFileError       the accounts file, or a reference in it
    - TargetFileError         the target file of ``plan`` and ``apply``
    - CredentialsError        credentials that do not fit the venue, environment or host
  + PluginError               a distribution that provides a plugin is broken
  + OperationError            one operation on one venue; names venue, method, subject and outcome
    - AccountClosed           the account is used after it was closed; nothing was sent
    - InvalidArgument         refused before sending, by the declaration alone
    - UnsupportedCapability   the venue, environment or account cannot do this
    - GuardRefused            refused before sending by the account's own guard
    - Fenced                  an earlier write of the same thing is under way or may still arrive; nothing was sent
    - PayloadMismatch         an answer that does not have the documented shape
    - TransportError          no usable answer arrived
      . NeverSent             the connection was not made: not one byte was written
        ~ BudgetUnavailable   the store of shared budgets is lost; nothing is sent without it
      . AnswerLost            the request may have arrived; no readable answer came back
      . CertificateRejected   the other side could not prove who it is
    - VenueError              the venue answered, and refused (``code``, ``message``)
      . ClockSkew, NonceUsed, Throttled, Banned, Overloaded, Unavailable, OutcomeNotStated,
        AuthenticationFailed, PermissionDenied, InvalidRequest, NotFound, Rejected
    - OutcomeUnknown          a write was sent; whether it holds could not be found out
    - NotExecuted             a write whose answer was lost is proven not to have happened
    - Conflict                another actor moved the setting while it was being written

Every :class:`OperationError` carries ``outcome``. A message reads ``acme_perp: set_leverage refused
for BTCUSD: -4028 Leverage 200 is not valid``: venue, method, subject, and the venue's own words.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from venuekit._util.called import CALLED, run_as

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "AccountClosed",
    "AccountsFileError",
    "AnswerLost",
    "AuthenticationFailed",
    "Banned",
    "BudgetUnavailable",
    "CertificateRejected",
    "ClockSkew",
    "ConfigurationError",
    "Conflict",
    "CredentialsError",
    "Fenced",
    "GuardRefused",
    "InvalidArgument",
    "InvalidRequest",
    "NeverSent",
    "NonceUsed",
    "NotExecuted",
    "NotFound",
    "OddRow",
    "OperationError",
    "Outcome",
    "OutcomeNotStated",
    "OutcomeUnknown",
    "Overloaded",
    "PayloadMismatch",
    "PermissionDenied",
    "PluginError",
    "Rejected",
    "TargetFileError",
    "Throttled",
    "TransportError",
    "Unavailable",
    "UnknownVenue",
    "UnsupportedCapability",
    "VenueError",
    "VenuekitError",
]


class Outcome(enum.StrEnum):
    """The known effect of an operation that ended in an error."""

    NOT_SENT = "not_sent"  #: not one byte left this machine
    NOT_APPLIED = "not_applied"  #: the venue refused it, or it is proven that it did not and will not happen
    APPLIED = "applied"  #: it happened; only its answer is missing or unusable
    UNKNOWN = "unknown"  #: it may have happened, or may still happen until ``fence``


class VenuekitError(Exception):
    """
    Root of every error that venuekit raises on purpose.

    ``account`` is the name of the account in the accounts file, None where it was not opened from one.
    """

    account: str | None = None


class ConfigurationError(VenuekitError):
    """Something a user wrote cannot be used; nothing was sent."""


class UnknownVenue(ConfigurationError):
    """No installed distribution provides the venue that was asked for."""


class AccountsFileError(ConfigurationError):
    """The accounts file, or a secret it refers to, cannot be used."""


class TargetFileError(ConfigurationError):
    """The target file says something that cannot be planned."""


class CredentialsError(ConfigurationError):
    """The credentials do not fit the venue, its environment or the host they would travel to."""


class PluginError(VenuekitError):
    """A distribution that provides a plugin is broken; the text names it, its version and the cause."""


class OperationError(VenuekitError):
    """
    One operation on one venue failed.

    Attributes:
        venue: Id of the venue, ``""`` when none was involved.
        operation: Capability method, or verb and path for a raw call.
        subject: A symbol, an asset, or None for the account.
        message: The venue's own words, or ours when it said nothing. Redacted.
        code: The venue's own code; None when it gave none.
        status: HTTP status; None when no answer arrived.
        outcome: The known effect; a read that fails leaves NOT_APPLIED or NOT_SENT. NOT_SENT by default
            only where the class itself says so.
        client_id: The client id that was sent with an order, those of a batch parted by commas; None for what has
            none.
        parameters: The request's parameters, redacted.
        sent_at: When the first byte of the last attempt left; None if none did.
        fence: After this moment on the venue's clock no attempt can arrive any more; None if none was signed. That of a
            :class:`Fenced` is the earlier write's.
        reads: The reads that were made to find the outcome, one sentence each.
        retry_at: When it may be tried again, on the venue's clock: the venue said so, or a pool is closed until then.
            None when nothing keeps it waiting, or its end is unknown.
        mend: The meaning of the venue's words and the remedy; empty where the words suffice.
    """

    #: how the sentence continues after the operation's name
    _verb = "failed"
    #: of an error whose raiser does not state it
    _outcome: Outcome = Outcome.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        venue: str = "",
        operation: str = "",
        subject: str | None = None,
        code: int | str | None = None,
        status: int | None = None,
        outcome: Outcome | None = None,
        client_id: str | None = None,
        parameters: dict[str, Any] | None = None,
        sent_at: datetime | None = None,
        fence: datetime | None = None,
        reads: tuple[str, ...] = (),
        retry_at: datetime | None = None,
        mend: str = "",
        resolve: Callable[[], Awaitable[Any]] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.venue = venue
        self.operation = operation
        self.subject = subject
        self.code = code
        self.status = status
        self.outcome = self._outcome if outcome is None else outcome
        self.client_id = None if client_id is None else str(client_id)
        self.parameters = parameters or {}
        self.sent_at = sent_at
        self.fence = fence
        self.reads = reads
        self.retry_at = retry_at
        self.mend = mend
        self._resolve: Callable[[], Awaitable[Any]] | None = None
        if resolve is not None:
            self.resolve_with(resolve)

    async def resolve(self) -> Any:
        """
        Look again at a write that was or may have been executed; sends nothing but reads.

        Returns the value the call would have returned. Raises :class:`NotExecuted`, :class:`Conflict` or an error like
        this one, and this error itself when there is nothing to look at. That of a read which failed has the outcome of
        this one, since it says nothing about the write, and can be resolved as well.
        """
        look = self._resolve
        if look is None:
            raise self
        try:
            return await look()
        except NotExecuted:
            raise
        except OperationError as again:
            if again.outcome in {Outcome.NOT_SENT, Outcome.NOT_APPLIED}:
                again.outcome = self.outcome
                again._resolve = again._resolve or look  # noqa: SLF001 - of another one of this class
            raise

    @property
    def can_resolve(self) -> bool:
        """Whether :meth:`resolve` has anything to look at."""
        return self._resolve is not None

    def resolve_with(self, look: Callable[[], Awaitable[Any]]) -> None:
        """Have :meth:`resolve` do this, as a part of the methods that run now, whose name its errors bear."""
        called = CALLED.get()

        async def look_later() -> Any:
            with run_as(called):
                return await look()

        self._resolve = look_later

    def then(self, make: Callable[[Any], Any]) -> None:
        """Have :meth:`resolve` return what ``make`` (it may be a coroutine function) makes of the value it finds."""
        look = self._resolve
        if look is None:
            return

        async def look_and_make() -> Any:
            try:
                value = make(await look())
            except OperationError as again:
                again.then(make)
                raise
            return await value if isinstance(value, Awaitable) else value

        self.resolve_with(look_and_make)

    def __str__(self) -> str:
        who = f"{self.venue}: " if self.venue else ""
        what = f"{self.operation} {self._verb}" if self.operation else self._verb
        on_what = f" for {self.subject}" if self.subject else ""
        code = f"{self.code} " if self.code is not None else ""
        reads = f" ({'; '.join(self.reads)})" if self.reads else ""
        mend = f"; {self.mend}" if self.mend else ""
        if self.retry_at is not None:
            mend += f"; not before {self.retry_at:%Y-%m-%d %H:%M:%S} UTC"
        return f"{who}{what}{on_what}: {code}{self.message}{mend}{reads}"


class AccountClosed(OperationError):
    """The account, or the runtime it was opened in, is closed; nothing was sent."""

    _verb = "was not sent"
    _outcome = Outcome.NOT_SENT


class InvalidArgument(OperationError, ValueError):
    """An argument that the venue's declaration already refuses; nothing was sent."""

    _verb = "was not sent"
    _outcome = Outcome.NOT_SENT


class UnsupportedCapability(OperationError):
    """The venue, its environment or this account cannot do this; the message is the venue's reason."""

    _verb = "is not supported"
    _outcome = Outcome.NOT_SENT


class GuardRefused(OperationError):
    """The account's own guard forbids this; nothing was sent, or, if halted since, only refused attempts were."""

    _verb = "was stopped by the guard"
    _outcome = Outcome.NOT_SENT


class Fenced(OperationError):
    """
    A write was held back by an earlier one of ours for longer than it may wait; the venue was asked nothing.

    ``fence`` is the moment, on the venue's clock, after which the earlier one, whose answer was lost, cannot arrive any
    more, and ``retry_at`` follows it; both are None where that one is still under way. ``with_options(max_wait=...)``
    or ``with_options(deadline=...)`` waits longer, as ``mend`` says.
    """

    _verb = "was held back"
    _outcome = Outcome.NOT_SENT


class PayloadMismatch(OperationError):
    """An answer that does not have the documented shape; the message names endpoint and field."""

    _verb = "could not read the answer"


class OddRow(UserWarning):
    """
    One row of an answer could not be read and was left out; the other rows are there.

    ``venue`` and ``operation`` say whose answer it is, ``words`` names row and field, and ``row`` is the row as plain
    JSON, which no text shows. ``warnings.simplefilter("error", OddRow)`` makes it an error.
    """

    def __init__(self, words: str, *, venue: str = "", operation: str = "", row: Any = None) -> None:
        super().__init__(f"{venue}: {operation} has a row that cannot be read, and is left out: {words}")
        self.words = words
        self.venue = venue
        self.operation = operation
        self.row = row

    def text(self, field: str) -> str | None:
        """Return the text in a field of the row, None where there is none; it is the venue's own and unchecked."""
        value = self.row.get(field) if isinstance(self.row, dict) else None
        return value if isinstance(value, str) and value else None


class TransportError(OperationError):
    """No usable answer arrived."""


class NeverSent(TransportError):
    """The connection was not made, so not one byte of the request was written."""

    _outcome = Outcome.NOT_SENT


class BudgetUnavailable(NeverSent):
    """The store of the budgets that processes share cannot be reached, and nothing may be sent without it."""


class AnswerLost(TransportError):
    """The request may have arrived, but no readable answer came back."""


class CertificateRejected(TransportError):
    """The other side could not prove who it is; nothing was sent to it."""

    _outcome = Outcome.NOT_SENT


class VenueError(OperationError):
    """The venue answered, and refused; ``code`` and ``message`` are its own."""

    _verb = "refused"
    _outcome = Outcome.NOT_APPLIED


class ClockSkew(VenueError):
    """The request's timestamp lies outside the venue's window, also after a resync."""


class NonceUsed(VenueError):
    """The request's number was used already, or a later one came first, also after several attempts."""


class Throttled(VenueError):
    """
    A rate limit: the venue's refusal, or a pool that would have to be waited for longer than allowed.

    ``retry_at`` says until when.
    """


class Banned(VenueError):
    """The venue refuses this address for a while; nothing is sent there before ``retry_at``."""


class Overloaded(VenueError):
    """The venue is too busy and says that it did not execute the request; ``outcome`` says whether that is believed."""


class Unavailable(VenueError):
    """The venue is under maintenance and says that it did not execute the request."""


class OutcomeNotStated(VenueError):
    """The venue answered that it does not know whether the request was executed."""

    _outcome = Outcome.UNKNOWN


class AuthenticationFailed(VenueError):
    """Key, signature or passphrase are not accepted."""


class PermissionDenied(VenueError):
    """The key may not do this, from this address or at all."""


class InvalidRequest(VenueError):
    """The venue does not accept an argument."""


class NotFound(VenueError):
    """The venue does not know the thing asked for."""


class Rejected(VenueError):
    """The venue understood the request and refuses it in the present state."""


class OutcomeUnknown(OperationError):
    """
    A write was sent and whether it holds could not be found out; ``await error.resolve()`` tries again.

    Its ``outcome`` is APPLIED when it is known to hold, and only its value cannot be had.
    """

    _verb = "has an unknown outcome"


class NotExecuted(OperationError):
    """A write whose answer was lost is proven not to have happened, and cannot happen any more."""

    _verb = "was not executed"
    _outcome = Outcome.NOT_APPLIED

    def of_each(self, items: Iterable[tuple[str, str | None]]) -> tuple[NotExecuted, ...]:
        """Return this error for each item of a batch, given as symbol and client id."""
        same: dict[str, Any] = {"venue": self.venue, "operation": self.operation, "sent_at": self.sent_at}
        same |= {"fence": self.fence, "reads": self.reads}
        return tuple(NotExecuted(self.message, subject=one, client_id=id_, **same) for one, id_ in items)


class Conflict(OperationError):
    """The setting was found at a value that is neither the old nor the wanted one: another actor writes it too."""

    _verb = "met another writer"
