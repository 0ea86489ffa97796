"""A session: everything that the requests of one account go through, and the way of one request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import attrs

from venuekit import errors
from venuekit._util.called import CALLED
from venuekit.capabilities import Capability, capability_of
from venuekit.capabilities._capability import methods_of
from venuekit.clock import Clock, VenueClock
from venuekit.credentials.secret import Secret
from venuekit.endpoint import Change, Effect, Endpoint
from venuekit.errors import OperationError, Outcome
from venuekit.parameters import Role
from venuekit.pipeline.budget import Budget, Costs, Pools, due_at
from venuekit.pipeline.events import notify_of, notify_of_end
from venuekit.pipeline.failures import Failure, leaves_open
from venuekit.pipeline.guard import Guard, PositionLimit, check_guard
from venuekit.pipeline.journal import FileJournal
from venuekit.pipeline.observe import EventKind, Observer
from venuekit.pipeline.operation import Operation
from venuekit.pipeline.options import Options, RetryPolicy
from venuekit.pipeline.owner import Owner
from venuekit.pipeline.unsupported import reason_not_supported
from venuekit.pipeline.waiters import Waiters
from venuekit.pipeline.waits import take_turn, wait_error, wait_for_fences
from venuekit.pipeline.wire import Wire
from venuekit.pipeline.write_scopes import QUEUED, WriteWatcher, footprint_of
from venuekit.read_cache import ReadCache
from venuekit.resolution import Call
from venuekit.venue import Environment, Limit, LimitScope, Venue

if TYPE_CHECKING:
    from venuekit.message import HttpResponse
    from venuekit.pipeline.nonces import Nonces
    from venuekit.pipeline.shared_budget import SharedBudget
    from venuekit.pipeline.socket_links import SocketLinks
    from venuekit.pipeline.tokens import Tokens
    from venuekit.streams.reader import QueuedReader
    from venuekit.streams.sessions import StreamSessions

T = TypeVar("T")
_Deliver: TypeAlias = Callable[[Operation[Any]], Awaitable[Any]]

#: accounts of one venue that ask it about themselves at a time while they are opened
_OPENED_AT_ONCE = 16


class FindPool(Protocol):
    """Finds the pool of a limit for an owner."""

    def __call__(self, owner: Owner, limit: Limit, symbol: str | None = None) -> Budget:
        """
        Return the pool, the same one each time.

        ``symbol`` is for a limit of the scope SYMBOL, None for requests that name none.
        """


@attrs.define(eq=False)
class VenueSession:
    """The state that all accounts of one environment of a venue share: clock, missing endpoints, remembered reads."""

    venue: Venue[Any]
    environment: Environment = attrs.field(repr=lambda environment: str(environment.name))
    clock: VenueClock = attrs.field(repr=False)
    policy: RetryPolicy = attrs.field(repr=False)
    observers: tuple[Observer, ...] = attrs.field(repr=False)
    #: endpoints that serve only unsupported capabilities, and those found to be absent here, with the reason
    unsupported: dict[Endpoint[Any], str] = attrs.field(repr=False)
    remembered: ReadCache = attrs.field(repr=False)
    find_pool: FindPool = attrs.field(repr=False)
    #: the costs of requests that pay into pools of the address alone: they are the same for every account
    costs: dict[Endpoint[Any], Costs] = attrs.field(factory=dict, init=False, repr=False)
    #: pools that observers believe to be closed, and a store that they believe to be lost, by identity
    shut: set[int] = attrs.field(factory=set, init=False, repr=False)
    #: how many broken plugins they have been notified of
    reported: int = attrs.field(default=0, init=False)
    #: lets in those accounts whose clock, permissions and names are read now: a thousand that are opened take turns
    opening: asyncio.Semaphore = attrs.field(factory=lambda: asyncio.Semaphore(_OPENED_AT_ONCE), init=False, repr=False)
    #: the requests of the whole runtime that wait until they can pay, and the store it pays from; None without one
    waiters: Waiters = attrs.field(repr=False)
    shared: SharedBudget | None = attrs.field(default=None, repr=False)
    #: the sessions of user streams; None where the venue declares none
    streams: StreamSessions | None = attrs.field(default=None, repr=False)
    #: the links to its WebSocket API; None until an account uses it
    links: SocketLinks | None = attrs.field(default=None, repr=False)
    #: whether the runtime that made it is closed
    closed: bool = False

    def note_closed(self, pools: Sequence[Budget]) -> None:
        """Stop every request that waits for pools which a refusal has closed, here and in other processes."""
        self.waiters.wake(pools)
        if self.shared is not None:
            self.shared.close(pools)


@attrs.define(eq=False)
class AccountSession:
    """One account's way to its venue; one that is only held has no pool, no cost and no container of its own."""

    venue_session: VenueSession
    wire: Wire = attrs.field(repr=False)
    owner: Owner = attrs.field(repr=False)
    guard: Guard = attrs.field(repr=False)
    clock: Clock = attrs.field(repr=False)
    keep_raw: bool = False
    name: str | None = None  #: the opener's name for the account, for observers
    journal: FileJournal | None = None
    nonces: Nonces | None = None  #: None where no request carries a number
    tokens: Tokens | None = None  #: None where no request carries a session token
    #: finds evidence in answers that lost requests cannot arrive any more; None where nothing in them shows it
    on_answer: Callable[[Operation[Any], HttpResponse], None] | None = attrs.field(default=None, repr=False)
    halted: bool = False
    closed: bool = False  #: whether the account was closed
    on_close: Callable[[], Awaitable[None]] | None = attrs.field(default=None, init=False, repr=False)
    learned: dict[type[Capability], str] | None = None
    position_limit: PositionLimit | None = attrs.field(default=None, repr=False)
    #: the open readers of the account's user stream
    readers: tuple[QueuedReader, ...] = attrs.field(default=(), init=False, repr=False)
    #: held so that the redactor knows them for as long as the account is there
    secrets: tuple[Secret, ...] = attrs.field(default=(), repr=False)
    #: whether some requests are signed with more than the time: a nonce, a session token
    has_state: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.has_state = self.nonces is not None or self.tokens is not None

    async def execute(  # noqa: PLR0917 - the parts of one request, in the order they are used
        self,
        endpoint: Endpoint[T],
        parameters: Mapping[str, Any],
        options: Options,
        decode: Callable[[bytes], T],
        call: Call,
        convert: Callable[[T], Any] | None = None,
    ) -> Any:
        """
        Carry out one operation; ``call`` is how resolution reads through the same account.

        Returns the endpoint's value, or the caller's that ``convert`` makes of it. A value that cannot be converted is
        a lost answer, as one that cannot be decoded is.

        Raises:
            InvalidArgument, UnsupportedCapability, GuardRefused: nothing was sent.
            OperationError: see :mod:`venuekit.errors`; ``outcome`` says whether it was executed.
        """
        venue = self.venue_session.venue
        if self.closed or self.venue_session.closed:
            words = "the account is closed: it is used after its `async with` has ended, or its `aclose()`"
            raise errors.AccountClosed(words, venue=venue.id, operation=endpoint.operation)
        if not endpoint.is_write and endpoint.verb != "GET" and not venue.declares(endpoint):
            endpoint = endpoint.as_undeclared()
        reason = self.venue_session.unsupported.get(endpoint)
        if reason is None and self.learned:
            reason = reason_not_supported(self.learned, endpoint)
        if reason is not None:
            raise errors.UnsupportedCapability(reason, venue=venue.id, operation=endpoint.operation)
        try:
            encoded = self.wire.encode(endpoint, parameters)
            if options.recv_window is not None:
                _check_window(options.recv_window, venue)
        except ValueError as error:
            symbol = endpoint.value_of(Role.SYMBOL, parameters)
            subject = symbol if isinstance(symbol, str) else None
            details: dict[str, Any] = {"venue": venue.id, "operation": endpoint.operation, "subject": subject}
            raise errors.InvalidArgument(str(error), **details) from None
        operation = Operation(self, endpoint, parameters, options, call, encoded, decode, convert)
        if self.halted or not self.guard.is_open:
            check_guard(operation)
        deliver: _Deliver = _write if endpoint.is_write else _read
        if options.deadline is not None:
            deliver = partial(_deliver_in_time, deadline=options.deadline)
        return await (_watch(operation, deliver) if self.venue_session.observers else deliver(operation))

    def pool(self, limit: Limit, symbol: str | None = None) -> Budget:
        """Return the pool of a limit, the same one each time; ``symbol`` is for a limit of the scope SYMBOL."""
        return self.venue_session.find_pool(self.owner, limit, symbol)

    def costs(self, endpoint: Endpoint[Any]) -> Costs:
        """Return the cost of a request to an endpoint, pool by pool; computed once for a key, or for all of them."""
        found = self.venue_session.costs.get(endpoint)
        if found is not None:
            return found
        costs = self.owner.costs
        found = None if costs is None else costs.get(endpoint)
        if found is None:
            found = self._costs_of(endpoint)
            if not found.by_symbol and all(limit.scope is LimitScope.ADDRESS for limit, _, _ in found.pools):
                self.venue_session.costs[endpoint] = found
            else:
                self.owner.costs = {**(costs or {}), endpoint: found}
        return found

    def _costs_of(self, endpoint: Endpoint[Any]) -> Costs:
        limits = {limit.name: limit for limit in self.venue_session.venue.limits}
        prices = dict(endpoint.pools)
        if not any(limits[name].scope is LimitScope.ADDRESS for name in prices):
            # it pays nothing there, and does not leave either while the address is shut out
            prices |= {limit.name: 0 for limit in limits.values() if limit.scope is LimitScope.ADDRESS}
        priced = [(limits[name], cost) for name, cost in prices.items()]
        pools = tuple((limit, self.pool(limit), cost) for limit, cost in priced if limit.scope is not LimitScope.SYMBOL)
        by_symbol = tuple(one for one in priced if one[0].scope is LimitScope.SYMBOL)
        weight = endpoint.weight
        due = due_at(pools, weight) if isinstance(weight, int) and not by_symbol else None
        return Costs(pools, due, by_symbol)

    def pools_of(
        self, endpoint: Endpoint[Any], parameters: Mapping[str, Any]
    ) -> tuple[Pools, list[tuple[Budget, int]]]:
        """Return the pools of a request, and the amount that each is due."""
        if (priced := self.wire.priced) is not None:
            endpoint = priced.get(endpoint, endpoint)
        pools, due, by_symbol = self.costs(endpoint)
        if due is not None:
            return pools, due
        if by_symbol:
            symbols = dict.fromkeys(endpoint.symbols_of(parameters)) or (None,)
            pools += tuple((limit, self.pool(limit, symbol), cost) for limit, cost in by_symbol for symbol in symbols)
        return pools, due_at(pools, endpoint.cost(parameters))

    def record_unsupported(self, endpoint: Endpoint[Any], reason: str) -> None:
        """
        Remember that this account lacks the capability of an endpoint that it does not have.

        That is a capability all of whose methods the endpoint serves, before any other: one that has further endpoints
        for some of its methods, as for cancelling, keeps them, and a second source says nothing about the first.
        """
        served = {method.__name__: capability_of(method) for method in endpoint.serves}
        for capability in set(served.values()):
            serving = (
                one for one in self.venue_session.venue.endpoints if capability in map(capability_of, one.serves)
            )
            if next(serving, None) is endpoint and all(
                served.get(name) is capability for name in methods_of(capability)
            ):
                self.learned = {**(self.learned or {}), capability: reason}


async def _deliver_in_time(operation: Operation[Any], deadline: float) -> Any:
    """Deliver an operation within so many seconds."""
    deliver = _write if operation.endpoint.is_write else _read
    operation.began = operation.session.clock.monotonic()
    try:
        async with asyncio.timeout(deadline):
            return await deliver(operation)
    except TimeoutError:
        raise _deadline_error(operation, deadline) from None


async def _watch(operation: Operation[Any], deliver: _Deliver) -> Any:
    """Deliver an operation, and notify observers of its end."""
    clock = operation.session.clock
    began = clock.monotonic()
    try:
        value = await deliver(operation)
    except BaseException as error:
        notify_of_end(operation, clock.monotonic() - began, error)
        raise
    notify_of_end(operation, clock.monotonic() - began)
    return value


async def _read(operation: Operation[Any]) -> Any:
    """Deliver a request that changes nothing."""
    try:
        value = await operation.send()
    except Failure as failure:
        value = await _recover(operation, failure)
    return operation.finish(value)


def _write(operation: Operation[Any]) -> Awaitable[Any]:
    """Deliver a write; those who watch the account know of it from before it can have an effect."""
    watchers = operation.session.owner.write_scopes.watchers
    if not watchers or operation.endpoint.effect is Effect.SESSION:
        return _deliver_write(operation)
    return _deliver_watched(operation, watchers)


async def _deliver_watched(operation: Operation[Any], watchers: Sequence[WriteWatcher]) -> Any:
    """Deliver a write whose beginning and end watchers note."""
    begun = [(watcher, watcher.begin_write()) for watcher in watchers]
    value: Any = None
    try:
        value = await _deliver_write(operation)
    finally:
        for watcher, token in begun:
            watcher.end_write(token, value)
    return value


async def _deliver_write(operation: Operation[Any]) -> Any:
    """Deliver a write when its turn comes; however it ends, its outcome is known to journal and observers."""
    endpoint, owner, scope = operation.endpoint, operation.session.owner, operation.endpoint.write_scope
    queued = footprint_of(endpoint, operation.parameters) if scope in QUEUED else None
    if queued is not None:
        operation.called = CALLED.get()  # for those behind it; later another method may be under way
        if not owner.write_scopes.try_enter(queued, operation):
            await take_turn(operation, queued)
    try:
        if owner.write_scopes.fences and scope is not None:
            await wait_for_fences(operation)
        owner.write_scopes.note_write(queued)
        reads_first = endpoint.reads_first
        if reads_first and (present := await _read_first(operation)) is not None:
            return operation.finish(present)
        if operation.session.position_limit is not None and endpoint.asks is not None:
            await _count_position(operation, operation.session.position_limit)
        try:
            value = await operation.send()
        except Failure as failure:
            value = await _recover(operation, failure)
        if reads_first:
            await _read_after(operation)
    except BaseException as error:
        _record_failure(operation, error)
        raise
    finally:
        if queued is not None:
            owner.write_scopes.leave(queued)
    _record_success(operation, value)
    if operation.convert is None:
        return value
    try:
        return operation.finish(value)
    except OperationError as unconverted:
        from venuekit.pipeline.resolve import look_for_value

        look_for_value(operation, unconverted)
        raise


async def _read_first(operation: Operation[Any]) -> Change[Any] | None:
    """Make the reads of a write that come before it, within its turn; return the change that it already is, if any."""
    endpoint = operation.endpoint
    if endpoint.before is not None:
        operation.before = await endpoint.before(operation.call, operation.parameters)
        operation.before_at = operation.session.venue_session.clock.milliseconds()
    if endpoint.completion is not None:
        from venuekit.pipeline.completion import complete

        await complete(operation, endpoint.completion)
    if endpoint.reads_present:
        from venuekit.pipeline.completion import read_present

        return await read_present(operation)
    return None


async def _read_after(operation: Operation[Any]) -> None:
    """Read back a write of several settings, within its turn."""
    if operation.endpoint.completion is not None:
        from venuekit.pipeline.completion import confirm

        await confirm(operation)


def _record_success(operation: Operation[Any], value: Any) -> None:
    """Account for a write that the venue accepted."""
    endpoint, session = operation.endpoint, operation.session
    if operation.asks:
        operation.count(Outcome.APPLIED)
    if session.venue_session.streams is not None:
        session.venue_session.streams.expect(session, endpoint)
    claims = operation.claims
    if endpoint.claims is not None:
        claims = endpoint.claims(value)
        operation.session.owner.write_scopes.claim(claims)
    if leaves_open(operation.session.venue_session.venue, endpoint, value):
        operation.leave_open()
    elif operation.journal_id is not None or operation.client_ids or endpoint.effect is Effect.KEYED:
        operation.close(Outcome.APPLIED, claims)


async def _count_position(operation: Operation[Any], limit: PositionLimit) -> None:
    """Refuse orders by which a position could become larger than it may; from here on they count."""
    asks = operation.endpoint.asks(operation.parameters) if operation.endpoint.asks else ()
    refusal = await limit.admit(asks)
    if refusal is not None:
        raise operation.annotate(errors.GuardRefused(refusal))
    operation.asks = asks


def _record_failure(operation: Operation[Any], error: BaseException) -> None:
    """Account for a write that ended in an error of any source: one that may have arrived is of unknown outcome."""
    if isinstance(error, OperationError):
        if not error.venue:  # refused by the read before the write
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


async def _recover(operation: Operation[T], failure: Failure) -> T:
    # loaded on the first fault of a process: a success never touches tenacity
    from venuekit.pipeline.recovery import recover

    return await recover(operation, failure)


def _interruption(operation: Operation[Any], why: str) -> OperationError:
    error = operation.annotate(errors.OutcomeUnknown(why))
    notify_of(operation, EventKind.UNKNOWN_OUTCOME, error=error)
    return error


def _deadline_error(operation: Operation[Any], deadline: float) -> OperationError:
    words = f"the deadline of {deadline:g} s passed"
    if operation.open_until and operation.endpoint.is_write:

        async def resolve() -> Any:
            from venuekit.pipeline.resolve import resolve_later

            return await resolve_later(operation, late)

        late = errors.OutcomeUnknown(words, resolve=resolve)
        return operation.annotate(late)
    if not operation.attempts:
        if operation.behind is not None:
            return wait_error(operation, f"{words} while it waited for {operation.behind}")
        return operation.annotate(errors.NeverSent(words))
    # every answered attempt was refused, and an unanswered read changes nothing
    is_open = operation.endpoint.effect is Effect.SESSION and (operation.in_flight or operation.open_until)
    return operation.annotate(errors.AnswerLost(words, outcome=Outcome.UNKNOWN if is_open else Outcome.NOT_APPLIED))


def _check_window(window: int, venue: Venue[Any]) -> None:
    least, most = venue.recv_window_least, venue.recv_window_most
    if type(window) is not int or not least <= window <= most:
        bounds = f"{most} ms, as the venue fixes it" if least == most else f"from {least} up to {most} ms"
        raise ValueError(f"recv_window must be {bounds}, not {window!r}")
