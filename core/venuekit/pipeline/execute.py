"""The way of one request: encode, retry(budget, sign, send, classify, decode), observe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from venuekit import errors
from venuekit._util.called import CALLED
from venuekit.capabilities import Capability, capability_of
from venuekit.endpoint import Effect, Endpoint, Role
from venuekit.errors import OperationError, Outcome
from venuekit.pipeline.attempt import Attempt
from venuekit.pipeline.classify import Failure, leaves_open
from venuekit.pipeline.observe import EventKind
from venuekit.pipeline.operation_record import OperationRecord
from venuekit.pipeline.turns import take_turn, too_long, wait_for_fences
from venuekit.pipeline.write_scopes import QUEUED, footprint_of
from venuekit.resolution import Call

if TYPE_CHECKING:
    from venuekit.pipeline.account_session import AccountSession
    from venuekit.pipeline.options import Options
    from venuekit.pipeline.position_limit import PositionLimit

T = TypeVar("T")


async def execute(  # noqa: PLR0917 - the parts of one request, in the order they are used
    session: AccountSession,
    endpoint: Endpoint[T],
    parameters: Mapping[str, Any],
    options: Options,
    decode: Callable[[bytes], T],
    call: Call,
    convert: Callable[[T], Any] | None = None,
) -> Any:
    """
    Carry out one operation; ``call`` is how resolution reads through the same account.

    Returns the endpoint's value, or the caller's that ``convert`` makes of it. A value that cannot be converted is a
    lost answer, as one that cannot be decoded is.

    Raises:
        InvalidArgument, UnsupportedCapability, GuardRefused: nothing was sent.
        OperationError: see :mod:`venuekit.errors`; ``outcome`` says whether it was executed.
    """
    attempt = _admit(session, endpoint, parameters, options, decode, call, convert)
    if options.deadline is not None:
        return await _within(options.deadline, attempt)
    if attempt.record.endpoint.is_write:
        return await _write(attempt)
    try:
        value = await attempt.send()
    except Failure as failure:
        value = await _recover(attempt, failure)
    return value if convert is None else attempt.record.finish(value)


async def _within(deadline: float, attempt: Attempt[Any]) -> Any:
    record = attempt.record
    record.began = record.session.clock.monotonic()
    try:
        async with asyncio.timeout(deadline):
            if record.endpoint.is_write:
                return await _write(attempt)
            try:
                value = await attempt.send()
            except Failure as failure:
                value = await _recover(attempt, failure)
            return record.finish(value)
    except TimeoutError:
        raise _deadline_error(record, deadline) from None


def _admit(  # noqa: PLR0917 - the parts of one request, in the order they are used
    session: AccountSession,
    endpoint: Endpoint[T],
    parameters: Mapping[str, Any],
    options: Options,
    decode: Callable[[bytes], T],
    call: Call,
    convert: Callable[[T], Any] | None,
) -> Attempt[T]:
    """Refuse on behalf of a closed account, declaration, support and guard; build the request's text."""
    if session.closed or session.venue_session.closed:
        words = "the account is closed: it is used after its `async with` has ended"
        raise errors.AccountClosed(words, venue=session.venue_session.venue.id, operation=endpoint.operation)
    if not endpoint.is_write and endpoint.verb != "GET" and not session.venue_session.venue.declares(endpoint):
        endpoint = endpoint.as_undeclared()
    reason = session.venue_session.unsupported.get(endpoint)
    if reason is None and session.learned:
        reason = _reason_not_supported(session.learned, endpoint)
    if reason is not None:
        details: dict[str, Any] = {"venue": session.venue_session.venue.id, "operation": endpoint.operation}
        raise errors.UnsupportedCapability(reason, **details)
    try:
        encoded = session.wire.encode(endpoint, parameters)
        if options.recv_window is not None:
            _check_window(session, options.recv_window)
    except ValueError as error:
        symbol = endpoint.value_of(Role.SYMBOL, parameters)
        raise errors.InvalidArgument(
            str(error),
            venue=session.venue_session.venue.id,
            operation=endpoint.operation,
            subject=symbol if isinstance(symbol, str) else None,
        ) from None
    record = OperationRecord(session, endpoint, parameters, options, call, convert)
    if session.halted or not session.guard.is_open:
        record.check_guard()
    return Attempt(record, encoded, decode)


async def _write(attempt: Attempt[Any]) -> Any:
    """Deliver a write when its turn comes; however it ends, its outcome is known to journal and observers."""
    record = attempt.record
    endpoint, write_scopes, scope = record.endpoint, record.session.write_scopes, record.endpoint.write_scope
    queued = footprint_of(endpoint, record.parameters) if scope in QUEUED else None
    if queued is not None:
        record.called = CALLED.get()  # for those behind it; later another method may be under way
        if not write_scopes.try_enter(queued, record):
            await take_turn(record, queued)
    try:
        if write_scopes.fences and scope is not None:
            await wait_for_fences(record)
        if endpoint.before is not None:
            record.before = await endpoint.before(record.call, record.parameters)
            record.before_at = record.session.venue_session.clock.milliseconds()
        if record.session.position_limit is not None and endpoint.asks is not None:
            await _count_position(record, record.session.position_limit)
        try:
            value = await attempt.send()
        except Failure as failure:
            value = await _recover(attempt, failure)
    except BaseException as error:
        _record_failure(record, error)
        raise
    finally:
        if queued is not None:
            write_scopes.leave(queued)
    _record_success(record, value)
    if record.convert is None:
        return value
    try:
        return record.finish(value)
    except OperationError as unconverted:
        from venuekit.pipeline.resolve import look_for_value

        look_for_value(record, unconverted)
        raise


def _record_success(record: OperationRecord[Any], value: Any) -> None:
    """Account for a write that the venue accepted."""
    endpoint = record.endpoint
    if record.asks:
        record.count(Outcome.APPLIED)
    claims = record.claims
    if endpoint.claims is not None:
        claims = endpoint.claims(value)
        record.session.write_scopes.claim(claims)
    if endpoint.item_refusals is not None and leaves_open(record.session.venue_session.venue, endpoint, value):
        record.leave_open()
    elif record.journal_id is not None or record.client_ids:
        record.close(Outcome.APPLIED, claims)


async def _count_position(record: OperationRecord[Any], limit: PositionLimit) -> None:
    """Refuse orders by which a position could become larger than it may; from here on they count."""
    asks = record.endpoint.asks(record.parameters) if record.endpoint.asks else ()
    refusal = await limit.admit(asks)
    if refusal is not None:
        raise record.annotate(errors.GuardRefused(refusal))
    record.asks = asks


def _record_failure(record: OperationRecord[Any], error: BaseException) -> None:
    """Account for a write that ended in an error of any source: one that may have arrived is of unknown outcome."""
    if isinstance(error, OperationError):
        if not error.venue:  # refused by the read before the write
            record.annotate(error)
        if not record.attempts:  # of a read before it, perhaps; the write itself has not left
            error.outcome = Outcome.NOT_SENT
        record.count(error.outcome)
        record.close(error.outcome)
        return
    if record.in_flight:
        record.leave_open()
    if not record.open_until:
        outcome = Outcome.NOT_APPLIED if record.attempts else Outcome.NOT_SENT
        record.count(outcome)
        record.close(outcome)
        return
    if isinstance(error, Exception):
        raise _interruption(record, f"{type(error).__name__} while it was under way") from error
    error.add_note(str(_interruption(record, "cancelled while it was under way")))


async def _recover(attempt: Attempt[T], failure: Failure) -> T:
    # loaded on the first fault of a process: a success never touches tenacity
    from venuekit.pipeline.recovery import recover

    return await recover(attempt, failure)


def _interruption(record: OperationRecord[Any], why: str) -> OperationError:
    error = record.annotate(errors.OutcomeUnknown(why))
    if record.session.venue_session.observers:
        record.notify(EventKind.UNKNOWN_OUTCOME, error=error)
    return error


def _deadline_error(record: OperationRecord[Any], deadline: float) -> OperationError:
    words = f"the deadline of {deadline:g} s passed"
    if record.open_until and record.endpoint.is_write:

        async def resolve() -> Any:
            from venuekit.pipeline.resolve import resolve_later

            return await resolve_later(record, late)

        late = errors.OutcomeUnknown(words, resolve=resolve)
        return record.annotate(late)
    if not record.attempts:
        if record.behind is not None:
            return too_long(record, f"{words} while it waited for {record.behind}")
        return record.annotate(errors.NeverSent(words))
    # every answered attempt was refused, and an unanswered read changes nothing
    is_open = record.endpoint.effect is Effect.SESSION and (record.in_flight or record.open_until)
    return record.annotate(errors.AnswerLost(words, outcome=Outcome.UNKNOWN if is_open else Outcome.NOT_APPLIED))


def _check_window(session: AccountSession, window: int) -> None:
    most = session.venue_session.venue.recv_window_most
    if type(window) is not int or not 0 < window <= most:
        raise ValueError(f"recv_window must be from 1 up to {most} ms, not {window!r}")


def _reason_not_supported(learned: Mapping[type[Capability], str], endpoint: Endpoint[Any]) -> str | None:
    """Return why this account has none of an endpoint's capabilities; None when it has any of them."""
    if not endpoint.serves:
        return None
    reasons = [learned.get(capability_of(method)) for method in endpoint.serves]
    return None if any(reason is None for reason in reasons) else reasons[0]
