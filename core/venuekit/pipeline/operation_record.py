"""The record of one operation: its attempts, the fences of those that may still arrive, and its outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from venuekit import errors
from venuekit._util.called import CALLED
from venuekit._util.texts import without
from venuekit.clock import from_milliseconds
from venuekit.credentials.redactor import redact_parameters
from venuekit.endpoint import Effect, Endpoint, Priority, Role, WriteScope
from venuekit.errors import OperationError, Outcome
from venuekit.order_scope import Ask
from venuekit.payloads.mismatch import mismatch_of
from venuekit.pipeline.classify import LEAVING_OPEN, Failure, FailureKind
from venuekit.pipeline.noting import record_outcome
from venuekit.pipeline.observe import Event, EventKind, notify
from venuekit.pipeline.write_scopes import FENCING, Fence, footprint_of
from venuekit.resolution import Call, Reading

if TYPE_CHECKING:
    from venuekit.pipeline.account_session import AccountSession
    from venuekit.pipeline.options import Options

T = TypeVar("T")


@attrs.define(eq=False)
class OperationRecord(Generic[T]):
    """
    The facts about one operation, over all its attempts.

        ``open_until`` is the latest fence (venue's clock, milliseconds) among attempts that may have arrived and whose
    outcome is unknown; 0 when there is none.
    """

    session: AccountSession = attrs.field(repr=False)
    endpoint: Endpoint[T] = attrs.field(repr=str)
    parameters: Mapping[str, Any] = attrs.field(repr=False)
    options: Options = attrs.field(repr=False)
    #: how resolution reads, through the same account
    call: Call = attrs.field(repr=False)
    #: makes the caller's value of the endpoint's; None where they are the same
    convert: Callable[[T], Any] | None = attrs.field(default=None, repr=False)
    attempts: int = 0
    waited: float = 0.0
    sent_at: int = 0
    fence: int = 0
    open_until: int = 0
    in_flight: bool = False
    resynced: bool = False
    journal_id: str | None = None
    before: Any = attrs.field(default=None, repr=False)
    before_at: int = 0
    reads: tuple[str, ...] = ()
    #: of a lost setting: its value when it was read back first
    first_reading: Reading[Any] | None = None
    #: the history row that proves it, once found: it may be looked for again
    claims: str | None = None
    #: its client ids, once they went out, and those of them that were made for it alone
    client_ids: tuple[str, ...] = ()
    made: frozenset[str] = frozenset()
    #: whether its next attempt has a connection that carried nothing before
    has_own_connection: bool = False
    #: when the first attempt left that may have arrived
    opened_at: int = 0
    fences: tuple[Fence, ...] = ()
    #: orders that count against the limit of positions
    asks: Sequence[Ask] = ()
    #: when the call began, on the injected clock; set where a deadline is given
    began: float = 0.0
    #: how long it waited for earlier writes, and for which one it waits now
    held_back: float = 0.0
    behind: str | None = None
    #: the methods under way when it began to wait for its turn; None where it does not wait for one
    called: tuple[str, ...] | None = None
    #: the method that was called, once it was needed: later it is not under way any more
    _name: str | None = None
    #: the last decoded answer that could be converted, and its conversion
    converted: tuple[T, Any] | None = attrs.field(default=None, init=False, repr=False)

    def finish(self, value: T) -> Any:
        """
        Return the caller's value for the endpoint's.

        Raises:
            OperationError: it cannot be converted, although the write was executed: its outcome is APPLIED.
        """
        if self.convert is None:
            return value
        if self.converted is not None and self.converted[0] is value:
            return self.converted[1]
        try:
            return self.convert(value)
        except Exception as error:  # noqa: BLE001 - classified there, whatever its source
            failed = mismatch_of(error)
        failed.outcome = Outcome.APPLIED
        raise self.annotate(failed)

    def check_guard(self) -> None:
        """
        Ask the guard whether it may be sent now.

        Raises:
            GuardRefused: it may not.
            InvalidArgument: the guard cannot read it: a list does not hold what the venue documents.
        """
        try:
            forbidden = self.session.guard.refusal(
                self.endpoint,
                self.parameters,
                halted=self.session.halted,
                declared=self.session.venue_session.venue.declares(self.endpoint),
            )
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            words = f"{type(error).__name__}: the guard cannot read the contents of a list"
            raise self.annotate(errors.InvalidArgument(words)) from None
        if forbidden is not None:
            outcome = Outcome.NOT_APPLIED if self.attempts else Outcome.NOT_SENT
            raise self.annotate(errors.GuardRefused(forbidden, outcome=outcome))

    async def wait(self, seconds: float) -> None:
        """Wait on the injected clock, and count it."""
        self.waited += seconds
        if self.session.venue_session.observers:
            self.notify(EventKind.WAIT, seconds=seconds)
        await self.session.clock.sleep(seconds)

    @property
    def max_wait(self) -> float:
        """How long all waits of this call may take together, in seconds."""
        chosen = self.options.max_wait
        if chosen is not None:
            return chosen
        return self.session.venue_session.policy.max_wait(self.endpoint.effect, self.priority)

    @property
    def priority(self) -> Priority:
        """Who may spend the last of a pool."""
        return self.options.priority or self.endpoint.priority

    @property
    def name(self) -> str:
        """The capability method that was called, or verb and path."""
        if self._name is None:
            called = CALLED.get() if self.called is None else self.called
            self._name = self.endpoint.operation_in(called)
        return self._name

    @property
    def description(self) -> str:
        """Its name and subject, in the errors of writes that wait for it."""
        about = self.subject or ", ".join(map(str, self.endpoint.symbols_of(self.parameters)))
        orders = self.endpoint.orders_of(self.parameters) if self.endpoint.write_scope is WriteScope.AMENDMENT else ()
        names = f" ({', '.join(map(str, orders))})" if orders else ""
        return f"{self.name} for {about}{names}" if about else f"{self.name}{names}"

    @property
    def subject(self) -> str | None:
        """The symbol this is about, None for the account."""
        symbol = self.endpoint.value_of(Role.SYMBOL, self.parameters)
        return None if symbol is None else str(symbol)

    @property
    def client_id(self) -> str | None:
        """The client id that travels with it; those of a batch stand one behind the other, parted by commas."""
        return ", ".join(map(str, self.endpoint.client_ids_of(self.parameters))) or None

    @property
    def write(self) -> tuple[Any, ...]:
        """The identity that two equal writes share."""
        return (self.endpoint.verb, self.endpoint.path, tuple(sorted((k, str(v)) for k, v in self.parameters.items())))

    def annotate(self, error: OperationError) -> OperationError:
        """Add venue, method, subject and parameters to an error, and the outcome where open attempts decide it."""
        error.venue = self.session.venue_session.venue.id
        error.operation = error.operation or self.name
        error.subject = error.subject or self.subject
        error.client_id = self.client_id
        error.parameters = redact_parameters(without(self.endpoint.secret, self.parameters))
        error.reads = self.reads
        if self.attempts:
            error.sent_at = from_milliseconds(self.sent_at)
            error.fence = from_milliseconds(self.open_until or self.fence)
        if error.outcome is Outcome.APPLIED or isinstance(error, errors.NotExecuted):
            return error
        if self.open_until:
            error.outcome = Outcome.UNKNOWN
        elif not self.attempts:
            error.outcome = Outcome.NOT_SENT
        elif error.outcome is Outcome.UNKNOWN and self.endpoint.effect is Effect.READ:
            error.outcome = Outcome.NOT_APPLIED
        return error

    def notify(self, kind: EventKind, *, seconds: float | None = None, error: OperationError | None = None) -> None:
        """Notify the observers of this venue."""
        venue = self.session.venue_session.venue.id
        event = Event(kind, venue, self.name, self.subject, self.attempts, seconds, error)
        notify(self.session.venue_session.observers, event)

    def close(self, outcome: Outcome, claims: str | None = None) -> None:
        """Account for how it ended, unless that is unknown; ``claims`` is the row of a history that proves it."""
        if outcome is not Outcome.UNKNOWN:
            record_outcome(self, outcome, claims)

    def count(self, outcome: Outcome) -> None:
        """Report to the limit of positions how its orders ended."""
        if self.asks and self.session.position_limit is not None:
            self.session.position_limit.note(self.asks, outcome)

    def leave_open(self) -> None:
        """Remember that the attempt under way may have arrived: fence its subject."""
        self.in_flight = False
        self.open_until = max(self.open_until, self.fence)
        self.opened_at = self.opened_at or self.sent_at
        if self.endpoint.write_scope not in FENCING:
            return
        footprint = footprint_of(self.endpoint, self.parameters)
        if footprint is not None:
            # a second copy of a write that adds up is another write; a second copy of a setting is the same
            write = self.write if self.endpoint.effect is Effect.SET else object()
            fence = Fence(footprint, self.fence, write, self.description)
            self.fences += (fence,)
            self.session.write_scopes.raise_fence(fence)

    def lower_fence(self) -> None:
        """Take the fence away when there is one open attempt only and it is proven to have arrived."""
        if len(self.fences) == 1:
            self.session.write_scopes.lower(self.fences[0])
            self.fences = ()

    def failure(self, kind: FailureKind, error: OperationError, delay: float | None = None) -> Failure:
        """Account for an attempt that ended in an error, and return it as the failure the retry table looks up."""
        if kind in LEAVING_OPEN and self.endpoint.effect is not Effect.READ:
            self.leave_open()
            error.outcome = Outcome.UNKNOWN
        else:
            self.in_flight = False
            if kind not in {FailureKind.NEVER_SENT, FailureKind.CERTIFICATE}:
                error.outcome = Outcome.NOT_APPLIED
        self.annotate(error)
        if self.session.venue_session.observers:
            self.notify(EventKind.FAULT, error=error)
        return Failure(kind, error, delay)

    def as_lost(self, refusal: OperationError) -> Failure:
        """Return the failure of a refusal that turned out to answer an earlier request."""
        self.session.wire.distrust()
        words = f"a refusal ({refusal.message}): it was given before the request was sent, and answers another one"
        return self.failure(FailureKind.LOST, errors.AnswerLost(words, status=refusal.status))
