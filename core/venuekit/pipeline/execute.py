"""The way of one request: encode, retry(budget, sign, send, classify, decode), observe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from venuekit import errors
from venuekit._called import CALLED
from venuekit.capabilities import Capability, capability_of
from venuekit.endpoint import Effect, Endpoint, Role
from venuekit.errors import OperationError, Outcome
from venuekit.pipeline.classify import Failure, leaves_open
from venuekit.pipeline.observe import EventKind
from venuekit.pipeline.operation import Operation
from venuekit.pipeline.turns import take_turn, too_long, wait_for_fences
from venuekit.pipeline.write_scopes import QUEUED, footprint_of
from venuekit.resolution import Call

if TYPE_CHECKING:
    from venuekit.pipeline.account_session import AccountSession
    from venuekit.pipeline.options import Options
    from venuekit.pipeline.position_limit import PositionLimit

__all__ = ["execute"]

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
        OperationError: see :mod:`venuekit.errors`; ``outcome`` says what is known.
    """
    operation = _admit(session, endpoint, parameters, options, decode, convert)
    if options.deadline is not None:
        return await _within(options.deadline, operation, call)
    if operation.endpoint.is_write:
        return await _write(operation, call)
    try:
        value = await operation.attempt()
    except Failure as failure:
        value = await _recover(operation, failure, call)
    return value if convert is None else operation.finish(value)


async def _within(deadline: float, operation: Operation[Any], call: Call) -> Any:
    operation.began = operation.session.clock.monotonic()
    try:
        async with asyncio.timeout(deadline):
            if operation.endpoint.is_write:
                return await _write(operation, call)
            try:
                value = await operation.attempt()
            except Failure as failure:
                value = await _recover(operation, failure, call)
            return operation.finish(value)
    except TimeoutError:
        raise _deadline_error(operation, deadline, call) from None


def _admit(  # noqa: PLR0917 - the parts of one request, in the order they are used
    session: AccountSession,
    endpoint: Endpoint[T],
    parameters: Mapping[str, Any],
    options: Options,
    decode: Callable[[bytes], T],
    convert: Callable[[T], Any] | None,
) -> Operation[T]:
    """Refuse what a closed account, declaration, support and guard already refuse; build the request's text."""
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
    operation = Operation(session, endpoint, parameters, options, decode, encoded, convert)
    if session.halted or not session.guard.is_open:
        operation.check_guard()
    return operation


async def _write(operation: Operation[Any], call: Call) -> Any:
    """Deliver a write when its turn comes; however it ends, its outcome is known to journal and observers."""
    endpoint, write_scopes, scope = operation.endpoint, operation.session.write_scopes, operation.endpoint.write_scope
    queued = footprint_of(endpoint, operation.parameters) if scope in QUEUED else None
    if queued is not None:
        operation.called = CALLED.get()  # for those behind it; later another method may be under way
        if not write_scopes.try_enter(queued, operation):
            await take_turn(operation, queued)
    try:
        if write_scopes.fences and scope is not None:
            await wait_for_fences(operation, call)
        if endpoint.before is not None:
            operation.before = await endpoint.before(call, operation.parameters)
            operation.before_at = operation.session.venue_session.clock.milliseconds()
        if operation.session.position_limit is not None and endpoint.asks is not None:
            await _count_position(operation, operation.session.position_limit)
        try:
            value = await operation.attempt()
        except Failure as failure:
            value = await _recover(operation, failure, call)
    except BaseException as error:
        _record_failure(operation, error)
        raise
    finally:
        if queued is not None:
            write_scopes.leave(queued)
    _record_success(operation, value)
    if operation.convert is None:
        return value
    try:
        return operation.finish(value)
    except OperationError as unconverted:
        from venuekit.pipeline.resolve import look_for_value

        look_for_value(operation, unconverted, call)
        raise


def _record_success(operation: Operation[Any], value: Any) -> None:
    """Account for a write that the venue accepted."""
    endpoint = operation.endpoint
    if operation.asks:
        operation.count(Outcome.APPLIED)
    claims = operation.claims
    if endpoint.claims is not None:
        claims = endpoint.claims(value)
        operation.session.write_scopes.claim(claims)
    if endpoint.item_refusals is not None and leaves_open(operation.session.venue_session.venue, endpoint, value):
        operation.leave_open()
    elif operation.journal_id is not None or operation.client_ids:
        operation.close(Outcome.APPLIED, claims)


async def _count_position(operation: Operation[Any], limit: PositionLimit) -> None:
    """Refuse orders by which a position could become larger than it may; from here on they count."""
    asks = operation.endpoint.asks(operation.parameters) if operation.endpoint.asks else ()
    refusal = await limit.admit(asks)
    if refusal is not None:
        raise operation.annotate(errors.GuardRefused(refusal))
    operation.asks = asks


def _record_failure(operation: Operation[Any], error: BaseException) -> None:
    """Account for a write that ended in an error, whoever raised it: what may have arrived is of unknown outcome."""
    if isinstance(error, OperationError):
        if not error.venue:  # refused by what the endpoint reads before it writes
            operation.annotate(error)
        if not operation.attempts:  # of a read before it, perhaps; the write itself has not left
            error.outcome = Outcome.NOT_SENT
        operation.count(error.outcome)
        operation.close(error.outcome)
        return
    if operation.in_flight:
        operation.leave_open()
    if not operation.open_until:
        outcome = Outcome.NOT_APPLIED if operation.attempts else Outcome.NOT_SENT
        operation.count(outcome)
        operation.close(outcome)
        return
    if isinstance(error, Exception):
        raise _interruption(operation, f"{type(error).__name__} while it was under way") from error
    error.add_note(str(_interruption(operation, "cancelled while it was under way")))


async def _recover(operation: Operation[T], failure: Failure, call: Call) -> T:
    # loaded on the first fault of a process: a success never touches tenacity
    from venuekit.pipeline.recover import recover

    return await recover(operation, failure, call)


def _interruption(operation: Operation[Any], why: str) -> OperationError:
    error = operation.annotate(errors.OutcomeUnknown(why))
    if operation.session.venue_session.observers:
        operation.notify(EventKind.UNKNOWN_OUTCOME, error=error)
    return error


def _deadline_error(operation: Operation[Any], deadline: float, call: Call) -> OperationError:
    words = f"the deadline of {deadline:g} s passed"
    if operation.open_until and operation.endpoint.is_write:

        async def resolve() -> Any:
            from venuekit.pipeline.resolve import resolve_later

            return await resolve_later(operation, late, call, None)

        late = errors.OutcomeUnknown(words, resolve=resolve)
        return operation.annotate(late)
    if not operation.attempts:
        if operation.behind is not None:
            return too_long(operation, f"{words} while it waited for {operation.behind}")
        return operation.annotate(errors.NeverSent(words))
    # what was answered was refused, and a read that was not answered changes nothing
    is_open = operation.endpoint.effect is Effect.SESSION and (operation.in_flight or operation.open_until)
    return operation.annotate(errors.AnswerLost(words, outcome=Outcome.UNKNOWN if is_open else Outcome.NOT_APPLIED))


def _check_window(session: AccountSession, window: int) -> None:
    most = session.venue_session.venue.recv_window_most
    if type(window) is not int or not 0 < window <= most:
        raise ValueError(f"recv_window must be from 1 up to {most} ms, not {window!r}")


def _reason_not_supported(learned: Mapping[type[Capability], str], endpoint: Endpoint[Any]) -> str | None:
    """Return why this account cannot do what an endpoint serves; None when it can do any of it."""
    if not endpoint.serves:
        return None
    reasons = [learned.get(capability_of(method)) for method in endpoint.serves]
    return None if any(reason is None for reason in reasons) else reasons[0]
