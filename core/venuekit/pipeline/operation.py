"""One operation: its request, sent as often as recovery says, and the facts about all its attempts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from venuekit import errors
from venuekit._util.called import CALLED
from venuekit._util.texts import with_hint, without, without_frames
from venuekit._util.times import from_milliseconds
from venuekit.credentials.redactor import redact, redact_error, redact_parameters
from venuekit.echoes import OtherAnswer
from venuekit.endpoint import Effect, Endpoint, Priority, Security, WriteScope
from venuekit.errors import OperationError, Outcome
from venuekit.faults import is_listed
from venuekit.order_scope import Ask
from venuekit.parameters import Role
from venuekit.payloads.json_text import TooDeep
from venuekit.payloads.mismatch import mismatch_of
from venuekit.pipeline.budget import SHUTTING, Pools, apply_backoff, pay
from venuekit.pipeline.events import notify_of, notify_of_answer, notify_of_closing, notify_of_fault, notify_of_request
from venuekit.pipeline.failures import (
    LEAVING_OPEN,
    Failure,
    FailureKind,
    check_refusal,
    classify,
    first_bytes,
    why_not_ours,
)
from venuekit.pipeline.guard import check_guard
from venuekit.pipeline.notes import record_attempt, record_outcome, use_client_ids
from venuekit.pipeline.observe import EventKind, WaitReason
from venuekit.pipeline.pace import PAYMENTS
from venuekit.pipeline.payment import pay_in_turn, take_counts
from venuekit.pipeline.write_scopes import FENCING, Fence, footprint_of
from venuekit.request_bounds import RequestExpiry, fence_of
from venuekit.resolution import Call, Reading

if TYPE_CHECKING:
    from venuekit.message import HttpResponse
    from venuekit.pipeline.account_session import AccountSession
    from venuekit.pipeline.options import Options
    from venuekit.pipeline.wire import Encoded
    from venuekit.session_token import Token
    from venuekit.venue import Refusal

T = TypeVar("T")


@attrs.define(eq=False)
class Operation(Generic[T]):
    """
    One operation, over all its attempts.

    ``open_until`` is the latest fence (venue's clock, milliseconds) among attempts that may have arrived and whose
    outcome is unknown; 0 when there is none.
    """

    session: AccountSession = attrs.field(repr=False)
    endpoint: Endpoint[T] = attrs.field(repr=str)
    parameters: Mapping[str, Any] = attrs.field(repr=False)
    options: Options = attrs.field(repr=False)
    #: how resolution reads, through the same account
    call: Call = attrs.field(repr=False)
    #: its request, ready to be signed, and the way from the bytes of an answer to its value
    encoded: Encoded = attrs.field(repr=False)
    decode: Callable[[bytes], T] = attrs.field(repr=False)
    #: makes the caller's value of the endpoint's; None where they are the same
    convert: Callable[[T], Any] | None = attrs.field(default=None, repr=False)
    attempts: int = 0
    waited: float = 0.0
    sent_at: int = 0
    fence: int = 0
    #: the number that its last attempt was signed with, 0 for none, and when a later one was seen to be answered
    nonce: int = 0
    overtaken_at: float | None = None
    #: the session token of its last attempt, and whether a refused one has been replaced
    token: Token | None = attrs.field(default=None, repr=False)
    renewed: bool = False
    open_until: int = 0
    in_flight: bool = False
    #: whether an attempt before the one under way left, however it ended
    has_left: bool = False
    resynced: bool = False
    journal_id: str | None = None
    before: Any = attrs.field(default=None, repr=False)
    before_at: int = 0
    reads: tuple[str, ...] = ()
    #: of a lost setting: its value when it was read back first
    first_reading: Reading[Any] | None = None
    #: whether a later write of this account may have undone or repeated it since
    is_overwritten: bool = False
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
    #: its serial, and when its last attempt left on the monotonic clock; set where there are observers
    serial: int = 0
    left_at: float = 0.0
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

    async def wait(self, seconds: float, reason: WaitReason = WaitReason.RETRY) -> None:
        """Wait on the injected clock, and count it."""
        self.waited += seconds
        if self.session.venue_session.observers:
            notify_of(self, EventKind.WAIT, seconds=seconds, reason=reason)
        await self.session.clock.sleep(seconds)

    async def sleep(self, seconds: float) -> None:
        """Wait on the injected clock for its own outcome, which no bound on waits cuts short."""
        notify_of(self, EventKind.WAIT, seconds=seconds, reason=WaitReason.OUTCOME)
        await self.session.clock.sleep(seconds)

    @property
    def max_wait(self) -> float:
        """How long all waits of this call may take together, in seconds."""
        chosen = self.options.max_wait
        if chosen is not None:
            return chosen
        priority = self.options.priority or self.endpoint.priority
        return self.session.venue_session.policy.max_wait(self.endpoint.effect, priority)

    @property
    def priority(self) -> Priority:
        """Who may spend the last of a pool, and pays first."""
        return self.endpoint.priority_of(self.parameters, self.options.priority)

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
        client_ids = self.endpoint.client_ids_of(self.parameters)
        return (", ".join(map(str, client_ids)) or None) if client_ids else None

    @property
    def write(self) -> tuple[Any, ...]:
        """The identity that two equal writes share."""
        return (self.endpoint.name, tuple(sorted((k, str(v)) for k, v in self.parameters.items())))

    @property
    def number(self) -> tuple[str, int] | None:
        """Its nonce and the signing key whose it is; None where requests carry none."""
        nonces = self.session.nonces
        return None if nonces is None or not self.nonce else (nonces.name, self.nonce)

    def annotate(self, error: OperationError) -> OperationError:
        """Add venue, method, subject and parameters to an error, and the outcome where open attempts decide it."""
        error.venue = self.session.venue_session.venue.id
        error.operation = error.operation or self.name
        error.subject = error.subject or self.subject
        if isinstance(error, errors.InvalidRequest) and error.subject in self.endpoint.symbols_of(self.parameters):
            error.message = with_hint(error.message, error.subject, self.session.venue_session.remembered.symbols)
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
        elif error.outcome is Outcome.NOT_SENT and self.has_left:
            error.outcome = Outcome.NOT_APPLIED  # this attempt did not leave, but a refused one had
        return error

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
        is_fencing = self.endpoint.write_scope in FENCING
        footprint = footprint_of(self.endpoint, self.parameters) if is_fencing else None
        if footprint is not None:
            # a second copy of a write that adds up is another write; a second copy of a setting is the same
            write = self.write if self.endpoint.effect is Effect.SET else object()
            fence = Fence(footprint, self.fence, write, self.description, self.number)
            self.fences += (fence,)
            self.session.owner.write_scopes.fences += (fence,)
        elif self.endpoint.effect is Effect.DELTA and self.endpoint.write_scope is None:
            self.session.owner.write_scopes.note_order(self)  # of a raw call: it may be an order

    def lower_fence(self) -> None:
        """Take the fence away when there is one open attempt only and it is proven to have arrived."""
        if len(self.fences) == 1:
            self.session.owner.write_scopes.lower(self.fences[0])
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
        self.has_left = self.has_left or kind not in {FailureKind.NEVER_SENT, FailureKind.CERTIFICATE}
        self.annotate(error)
        if self.session.venue_session.observers:
            notify_of_fault(self, error)
        return Failure(kind, error, delay)

    async def send(self) -> T:
        """
        Send once: pay, sign, send, classify, decode, convert.

        An answer that cannot be converted is no better than one that cannot be decoded: to a write it is lost.

        Raises:
            Failure: the attempt did not end in an answer; the retry table names the next action.
            OperationError: it cannot go on: the budget would have to wait too long.
        """
        session, endpoint = self.session, self.endpoint
        costs, due = session.pools_of(endpoint, self.parameters)
        reserve = (self.options.priority or endpoint.priority).reserve
        if session.venue_session.waiters.is_busy or pay(due, session.clock.monotonic(), reserve):
            costs = await pay_in_turn(self)
        if (payments := PAYMENTS.get()) is not None:
            payments.add(due, reserve)
        window = self.options.recv_window or session.venue_session.venue.recv_window
        self.sent_at = bounded_from = session.venue_session.clock.milliseconds()
        try:
            if session.has_state:
                bounded_from = await self._take_state()
            token = None if self.token is None else self.token.text
            request = await session.wire.sign(self.encoded, endpoint.security, self.sent_at, window, self.nonce, token)
        except Exception as error:  # noqa: BLE001 - classified there, whatever its source
            raise self._failure_of_signing(error) from None
        try:
            if session.halted:
                check_guard(self)  # asked last: it may have waited for its turn, a fence, the budget or the signer
            self.fence = fence_of(bounded_from, window)
            if endpoint.is_write:
                if endpoint.effect is Effect.KEYED:
                    use_client_ids(self)
                    session.owner.write_scopes.note_order(self)
                if session.journal is not None:
                    record_attempt(self, session.journal)
            self.attempts += 1
            self.in_flight = True
            if session.venue_session.observers:
                notify_of_request(self, costs)
            try:
                response = await session.wire.send(request)
            except Exception as error:  # noqa: BLE001 - likewise
                raise self._failure_of_sending(error) from None
        finally:
            del request  # it holds key and signature, and no traceback of a failure shall show it
        return self._read(response, costs)

    async def _take_state(self) -> int:
        """Take the session token or the nonce of the next attempt; return from when on its window runs."""
        session, security = self.session, self.endpoint.security
        clock = session.venue_session.clock
        if session.tokens is not None and security is Security.TOKEN:
            self.token = await session.tokens.take(self.call)
            self.sent_at = clock.milliseconds()
        if session.nonces is None or security is not Security.SIGNED:
            return self.sent_at
        self.nonce, self.overtaken_at = await session.nonces.take(self.sent_at), None
        if session.venue_session.venue.expiry is RequestExpiry.NONCE:
            return self.sent_at  # its time bounds nothing there, and may be that of a clock that was ahead once
        return max(self.sent_at, session.nonces.rule.milliseconds_of(self.nonce))

    def _read(self, response: HttpResponse, costs: Pools) -> T:
        """Return the value of an answer; raises Failure for one that is none."""
        session, check_echo, is_ours = self.session, self.endpoint.check_echo, False
        if costs:
            take_counts(self, response, costs)
        failure = None
        try:
            refusal = session.venue_session.venue.answers(response)
        except Exception:  # noqa: BLE001 - a reader that fails has not read: the answer is as good as lost
            refusal = None
            lost = errors.AnswerLost(first_bytes(response), status=response.status)
            failure = self.failure(FailureKind.LOST, lost)
        if refusal is not None:
            failure, refusal = self._failure_of_refusal(refusal, response, costs), None
        if failure is not None:
            raise failure  # and no traceback shows the venue's own words, which may hold a secret
        try:
            value = self.decode(response.body)
            if check_echo is not None:
                is_ours = check_echo(value, self.parameters)
        except OtherAnswer as other:
            raise self._failure_of_foreign_answer(str(other), response) from None
        except Exception as error:  # noqa: BLE001 - likewise
            raise self._failure_of_decoding(error, response) from None
        if not is_ours and (why := why_not_ours(self, response)) is not None:
            raise self._failure_of_foreign_answer(why, response)
        if self.convert is not None:
            try:
                self.converted = value, self.convert(value)
            except Exception as error:  # noqa: BLE001 - likewise
                raise self._failure_of_misfit(error, response) from None
        if session.on_answer is not None:
            session.on_answer(self, response)
        if session.venue_session.observers:
            notify_of_answer(self, response)
        self.in_flight = False  # last: a write that is interrupted before this is not one that was refused
        return value

    def _failure_of_foreign_answer(self, why: str, response: HttpResponse) -> Failure:
        self.session.wire.distrust()  # or the true answer would be taken for that of the next request
        return self.failure(FailureKind.LOST, errors.AnswerLost(why, status=response.status))

    def _failure_of_refusal(self, refusal: Refusal, response: HttpResponse, costs: Pools) -> Failure:
        """Return the failure of a refusal; closed pools and missing capabilities are remembered."""
        session, venue_session = self.session, self.session.venue_session
        try:
            refused = classify(venue_session.venue, self.endpoint, response, refusal, venue_session.clock)
        except Exception as error:  # noqa: BLE001 - a plugin's odd refusal must not hide that a write may hold
            lost = errors.AnswerLost(f"{first_bytes(response)}; {redact_error(error)}", status=response.status)
            return self.failure(FailureKind.LOST, lost)
        doubt = check_refusal(self, response, refused)
        if doubt is not refused and doubt.kind is FailureKind.LOST:
            session.wire.distrust()
        outdated_by = venue_session.venue.outdated_by
        if self.endpoint.is_write and is_listed(outdated_by, doubt.error.code, doubt.error.message):
            venue_session.remembered.outdate()
        if refused.kind in SHUTTING:
            closed = apply_backoff(session, refused, costs, self.attempts)
            if venue_session.observers:
                notify_of_closing(self, closed, refused.error.retry_at)
        elif doubt.kind is FailureKind.UNSUPPORTED:
            session.record_unsupported(self.endpoint, refused.error.message)
        failure = self.failure(doubt.kind, doubt.error, refused.delay)
        failure.given_at = refused.given_at
        return failure

    def _failure_of_sending(self, error: Exception) -> Exception:
        """Return the failure of an attempt without an answer."""
        if isinstance(error, errors.NeverSent):
            return self.failure(FailureKind.NEVER_SENT, error)
        if isinstance(error, errors.CertificateRejected):
            return self.failure(FailureKind.CERTIFICATE, error)
        if isinstance(error, errors.AnswerLost):
            return self.failure(FailureKind.LOST, error)
        # a transport's own failure: whether something left is unknown
        lost = errors.AnswerLost(redact_error(error))
        lost.__cause__ = error
        return self.failure(FailureKind.LOST, lost)

    def _failure_of_signing(self, error: Exception) -> Exception:
        """Return the failure of a request that could not be signed; nothing left."""
        if isinstance(error, errors.NeverSent):
            return self.failure(FailureKind.NEVER_SENT, error)
        if isinstance(error, OperationError):  # of the fetch of a token: its outcome is not that of this request
            error.outcome = Outcome.NOT_APPLIED if self.attempts else Outcome.NOT_SENT
            return self.annotate(error)
        if isinstance(error, errors.VenuekitError):
            return error
        unsigned = errors.NeverSent(f"the request could not be signed: {redact_error(error)}")
        return self.failure(FailureKind.NEVER_SENT, unsigned)

    def _failure_of_decoding(self, error: Exception, response: HttpResponse) -> Failure:
        """Return the failure of an answer that could not be decoded; that of a write counts as lost."""
        self.session.wire.distrust()  # it may be of another question, as one that can be read may
        if self.endpoint.effect is Effect.SESSION:
            without_frames(error)  # those of the decoder hold a listen key or a token
        if isinstance(error, ValueError) and not isinstance(error, OperationError):
            words = str(error) if isinstance(error, TooDeep) else first_bytes(response)
            return self.failure(FailureKind.LOST, errors.AnswerLost(words, status=response.status))
        mismatch = mismatch_of(error)
        mismatch.status, mismatch.operation = response.status, str(self.endpoint)
        mismatch.message = redact(mismatch.message)
        return self._failure_of_misfit(mismatch, response)

    def _failure_of_misfit(self, error: Exception, response: HttpResponse) -> Failure:
        """Return the failure of an answer that does not fit: of a read an error, of a write as good as lost."""
        failed = mismatch_of(error)
        failed.status = failed.status or response.status
        return self.failure(FailureKind.REFUSED if self.endpoint.effect is Effect.READ else FailureKind.LOST, failed)
