"""Account: the base of every plugin's account class, and the one way its requests go."""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn, Self, SupportsIndex, TypeVar

import attrs

from venuekit import errors
from venuekit._util.called import called_method
from venuekit._util.times import from_milliseconds
from venuekit.capabilities import Capability, Support, SupportState
from venuekit.clock import read_believed_time
from venuekit.endpoint import Effect, Endpoint, Priority
from venuekit.faults import is_listed
from venuekit.message import Answer
from venuekit.payloads import MISFITS, Misread, mismatch_of, note_odd_row, read_json, readable_part
from venuekit.pipeline.options import UNSET, Options
from venuekit.read_cache import join_in_time, key_of
from venuekit.venue import EnvironmentName, Venue, venue_support

if TYPE_CHECKING:
    from venuekit.clock import VenueClock
    from venuekit.pipeline.account_session import AccountSession
    from venuekit.pipeline.journal_lines import UnreadableLine, Unresolved
    from venuekit.pipeline.write_scopes import WriteScopes

T = TypeVar("T")
B = TypeVar("B")
V = TypeVar("V")
E = TypeVar("E", bound=errors.OperationError)

_DEFAULT = Options()
#: of a read that several callers wait for
_SHARED = Options(priority=Priority.RISK)
#: seconds for which a value that was read again for some reason is believed
_REFRESH_EVERY = 10.0


class Account:
    """
    One account of one venue; a plugin's account class adds the capabilities as base classes.

    An account is data: a reference to its session, which it shares with every view made by :meth:`with_options`.
    """

    __slots__ = ("__weakref__", "_options", "_session")

    def __init__(self, session: AccountSession, options: Options = _DEFAULT) -> None:
        self._session = session
        self._options = options

    @property
    def venue(self) -> Venue[Any]:
        """The venue this account belongs to."""
        return self._session.venue_session.venue

    @property
    def environment(self) -> EnvironmentName:
        """Where the account lives."""
        return self._session.venue_session.environment.name

    @property
    def keep_raw(self) -> bool:
        """Whether values keep the venue's own object in ``raw``."""
        return self._session.keep_raw

    @property
    def identity(self) -> tuple[str, str, str]:
        """
        Realm, environment and name: accounts with one identity share their settings, limits and write scopes.

        The name is the venue's (:class:`~venuekit.capabilities.IdentityReader`), else a fingerprint of the API key. It
        stays while the account is open, unless another account in use turns out to be the same one.
        """
        return (self.venue.realm, self.environment, self._session.owner.name)

    def call(self, endpoint: Endpoint[T], /, **parameters: Any) -> Coroutine[Any, Any, T]:
        """
        Carry out one operation of the venue, with the same signing, budget, retries and errors as every capability.

        ``parameters`` go by the venue's own names; one that is None is left out.

        Raises:
            InvalidArgument: a parameter that is undeclared, missing or out of its declared range; nothing was sent.
            OperationError: see :mod:`venuekit.errors`.
        """
        if None in parameters.values():
            parameters = {name: value for name, value in parameters.items() if value is not None}
        return self._session.execute(endpoint, parameters, self._options, endpoint.decode, self._read)

    def call_as(self, convert: Callable[[T], V], endpoint: Endpoint[T], /, **parameters: Any) -> Coroutine[Any, Any, V]:
        """
        Call ``endpoint`` and convert its result, also one that ``resolve()`` finds later.

        An answer that ``convert`` cannot use (it may raise ``ArithmeticError``, ``LookupError``, ``TypeError``,
        ``ValueError`` or an :class:`~venuekit.errors.OperationError`) cannot be read: of a write it is resolved like
        a lost one, so that an executed write is never reported as one that was not.
        """
        if None in parameters.values():
            parameters = {name: value for name, value in parameters.items() if value is not None}
        return self._session.execute(endpoint, parameters, self._options, endpoint.decode, self._read, convert)

    async def answer(self, endpoint: Endpoint[T], /, **parameters: Any) -> Answer[T]:
        """
        Do as :meth:`call`, and also say when the answer was true; with ``keep_raw`` keep it as plain JSON too.

        That of an endpoint with ``Effect.SESSION``, a listen key or a token, is not kept: it is a secret.
        """
        return await self.answer_as(lambda answer: answer, endpoint, **parameters)

    def answer_as(
        self, convert: Callable[[Answer[T]], V], endpoint: Endpoint[T], /, **parameters: Any
    ) -> Coroutine[Any, Any, V]:
        """Do as :meth:`call_as` with an :meth:`answer`; one that ``resolve()`` finds later has no ``raw``."""
        if None in parameters.values():
            parameters = {name: value for name, value in parameters.items() if value is not None}
        clock = self._session.venue_session.clock
        as_of = clock.now()
        kept: tuple[Any, Any] = (None, None)

        def decode(body: bytes) -> T:
            nonlocal kept
            value = endpoint.decode(body)
            kept = (value, read_json(body))
            return value

        def convert_with_raw(value: T) -> V:
            raw = kept[1] if value is kept[0] else None
            return convert(Answer(value, as_of, from_milliseconds(clock.clock.milliseconds()), raw))

        keeps_raw = self._session.keep_raw and endpoint.effect is not Effect.SESSION
        chosen: Callable[[bytes], T] = decode if keeps_raw else endpoint.decode
        return self._session.execute(endpoint, parameters, self._options, chosen, self._read, convert_with_raw)

    async def answer_rows(self, endpoint: Endpoint[T], /, **parameters: Any) -> Answer[T]:
        """
        Do as :meth:`answer`, without the rows that cannot be read; each is warned of as an OddRow.

        It is for listing rows. A proof by rows, or a read about one of them, takes them all or none.

        Raises:
            PayloadMismatch: no row can be read, or the fault is not in a row.
        """
        return await self._answer_rows(endpoint, parameters, at_least=1)

    async def answer_any_rows(self, endpoint: Endpoint[T], /, **parameters: Any) -> Answer[T]:
        """
        Do as :meth:`answer_rows`, also when no row can be read: for values that carry the odd rows themselves.

        Raises:
            PayloadMismatch: the fault is not in a row.
        """
        return await self._answer_rows(endpoint, parameters, at_least=0)

    async def _answer_rows(self, endpoint: Endpoint[T], parameters: dict[str, Any], *, at_least: int) -> Answer[T]:
        misread: tuple[Misread, ...] = ()
        raw: Any = None

        def decode(body: bytes) -> T:
            nonlocal misread, raw
            misread = ()
            try:
                value = endpoint.decode(body)
            except errors.PayloadMismatch as mismatch:
                body, misread = readable_part(endpoint, body, mismatch, at_least=at_least)
                value = endpoint.decode(body)
            raw = read_json(body) if self._session.keep_raw else None
            return value

        clock = self._session.venue_session.clock
        as_of = clock.now()
        parameters = {name: value for name, value in parameters.items() if value is not None}
        value = await self._session.execute(endpoint, parameters, self._options, decode, self._read)
        odd = tuple(self.warn_of(endpoint, one.words, one.row, stacklevel=4) for one in misread)
        return Answer(value, as_of, from_milliseconds(clock.clock.milliseconds()), raw, odd)

    def warn_of(self, endpoint: Endpoint[Any], words: str, row: Any = None, *, stacklevel: int = 3) -> errors.OddRow:
        """Warn of a row of an answer that cannot be read and is left out, and return the warning."""
        odd = errors.OddRow(words, venue=self.venue.id, operation=str(endpoint), row=row)
        note_odd_row(odd)
        warnings.warn(odd, stacklevel=stacklevel)
        return odd

    async def look_after(
        self, look: Callable[[], Awaitable[V]], *, subject: str | None = None, client_id: str | None = None
    ) -> V:
        """
        Return the value that ``look`` reads after a write that the venue has accepted.

        Raises:
            OutcomeUnknown: it failed; its ``outcome`` is APPLIED, and its ``resolve()`` looks again.
        """
        try:
            return await look()
        except (errors.OperationError, *MISFITS) as failure:
            unread = mismatch_of(failure)
            if unread.outcome is errors.Outcome.UNKNOWN:
                raise  # of another write, or of a look that found that this one is not certain after all
            raise self.make_error(
                errors.OutcomeUnknown,
                f"it was executed, and reading its result failed: {unread}",
                subject=subject,
                client_id=client_id,
                outcome=errors.Outcome.APPLIED,
                resolve=lambda: self.look_after(look, subject=subject, client_id=client_id),
            ) from failure

    async def read_once(self, endpoint: Endpoint[T], /, **parameters: Any) -> T:
        """
        Read once per venue and environment and remember it; concurrent callers wait for the same read.

        Each waits until its own deadline; no caller's options are those of a read that others join.

        It is read again when it is older than the Runtime's ``instruments_max_age``, or a refusal of the venue has
        shown that it may be out of date (``Venue.outdated_by``). Rows that cannot be read are left out and warned of.
        """
        remembered = self._session.venue_session.remembered
        fresh = remembered.fresh(key_of(endpoint, parameters))
        if fresh is None:
            fresh = (await self._in_time(endpoint, remembered.value(*self._reading(endpoint, parameters))),)
        value: T = fresh[0]
        return value

    async def refresh(self, endpoint: Endpoint[T], reason: Hashable, /, **parameters: Any) -> T:
        """
        Do as :meth:`read_once`, and read it again, unless that was done for this reason within the last ten seconds.

        Call it before refusing because of a remembered value: a symbol that is not listed, a step.
        """
        remembered = self._session.venue_session.remembered
        read = remembered.refresh(*self._reading(endpoint, parameters), reason, _REFRESH_EVERY)
        value: T = await self._in_time(endpoint, read)
        return value

    def outdate_by(self, code: int | str | None, message: str = "") -> None:
        """Have the values of :meth:`read_once` read again if a refusal says so; for items of a batch."""
        if is_listed(self.venue.outdated_by, code, message):
            self._session.venue_session.remembered.outdate()

    def _reading(
        self, endpoint: Endpoint[T], parameters: dict[str, Any]
    ) -> tuple[Hashable, Callable[[], Awaitable[T]]]:
        """Return the key by which a read is remembered, and how to do it: with no option of the caller, others join."""
        patient = type(self)(self._session, _SHARED)

        async def read() -> T:
            return (await patient.answer_rows(endpoint, **parameters)).value

        return key_of(endpoint, parameters), read

    async def _in_time(self, endpoint: Endpoint[Any], read: Awaitable[V]) -> V:
        return await join_in_time(read, self._options.deadline, venue=self.venue.id, operation=endpoint.operation)

    def behaviour(self, kind: type[B]) -> B:
        """Return the venue's behaviour value of this type; raises ``KeyError`` when it declares none."""
        return self.venue.behaviour(kind)

    def support(self, capability: type[Capability]) -> Support:
        """Say whether this account, here, may use a capability, and why not."""
        reason = (self._session.learned or {}).get(capability)
        if reason is not None:
            return Support(SupportState.UNSUPPORTED, reason, "account")
        return venue_support(self.venue, capability, self._session.venue_session.environment)

    def mark_unsupported(self, capability: type[Capability], reason: str) -> None:
        """Remember that this account cannot do something after all, in the venue's words."""
        self._session.learned = {**(self._session.learned or {}), capability: reason}

    def lacks(self, endpoint: Endpoint[Any]) -> bool:
        """Say whether an endpoint is known not to be there: declared so, or found so by an earlier request."""
        return endpoint in self._session.venue_session.unsupported

    def make_error(self, kind: type[E], message: str, **details: Any) -> E:
        """Return an error of this venue, named by the capability method that runs; ``details`` are its attributes."""
        return kind(message, venue=self.venue.id, operation=called_method(), **details)

    def refuse(self, message: str, *, subject: str | None = None) -> errors.InvalidArgument:
        """Return the error for an argument that is refused before sending."""
        return self.make_error(errors.InvalidArgument, message, subject=subject)

    @property
    def deadline(self) -> float | None:
        """Seconds a call may take in all, over all its requests. None for no limit."""
        return self._options.deadline

    def differs_from_expected(self, present: object) -> bool:
        """Say whether a setting that reads ``present`` differs from the value that :meth:`with_options` expects."""
        return self._options.expected is not UNSET and present != self._options.expected

    def with_options(
        self,
        *,
        recv_window: int | None = None,
        deadline: float | None = None,
        max_wait: float | None = None,
        resend_until: datetime | None = None,
        expected: Any = UNSET,
        priority: Priority | None = None,
        check_orders: bool | None = None,
    ) -> Self:
        """
        Return a view of this account whose calls use other transport settings; an option left out stays as it is.

        Args:
            recv_window: Milliseconds a signed request stays valid.
            deadline: Seconds a call may take in all; a write that had left by then raises OutcomeUnknown. It is also
                how long earlier writes are waited for.
            max_wait: Seconds a call may wait in all for budget, venue and earlier writes, whatever the deadline is.
            resend_until: Send a write anew until then when it is proven that it was not executed.
            expected: The value that a setting is changed from; meeting a third one after a loss is a Conflict.
            priority: Who may spend the last of a pool, for an endpoint that serves reads and walks alike.
            check_orders: Have ``place_order`` look at each order first, as :func:`venuekit.check_order` does.
        """
        times = {"recv_window": recv_window, "deadline": deadline, "max_wait": max_wait, "resend_until": resend_until}
        choices: dict[str, Any] = {**times, "priority": priority, "check_orders": check_orders}
        options = {name: choice for name, choice in choices.items() if choice is not None}
        options |= {} if expected is UNSET else {"expected": expected}
        return type(self)(self._session, attrs.evolve(self._options, **options))

    def halt(self) -> None:
        """Let only reads, cancels and reducing orders pass from now on; there is no way back."""
        self._session.halted = True

    @property
    def halted(self) -> bool:
        """Whether :meth:`halt` was called."""
        return self._session.halted

    @property
    def unresolved(self) -> tuple[Unresolved, ...]:
        """The writes whose outcome the journal does not know; empty without a journal."""
        return () if self._session.journal is None else self._session.journal.open_writes()

    @property
    def unreadable(self) -> tuple[UnreadableLine, ...]:
        """The lines of the journal that cannot be read, as of :attr:`unresolved`: each may hide a write."""
        return () if self._session.journal is None else self._session.journal.unreadable()

    async def resolve(self, entry: Unresolved) -> str:
        """
        Resolve one entry of :attr:`unresolved`, close it, and return its outcome in one sentence.

        Raises:
            OutcomeUnknown, Conflict: it stays open.
        """
        from venuekit.pipeline.resolve import resolve_entry

        return await resolve_entry(self._session, entry, self._read)

    @property
    def write_scopes(self) -> WriteScopes:
        """The writes of the account that are under way, by whichever key, and those who watch them."""
        return self._session.owner.write_scopes

    def close(self) -> None:
        """Send nothing from now on: every call raises :class:`~venuekit.errors.AccountClosed`. See :meth:`aclose`."""
        self._session.closed = True
        for reader in self._session.readers:
            reader.close()

    def hold(self, on_close: Callable[[], Awaitable[None]]) -> None:
        """Have ``on_close`` awaited by :meth:`aclose`; for those who open accounts."""
        self._session.on_close = on_close

    async def aclose(self) -> None:
        """Close the account with every view of it, and all that it held: its connection, the last one's runtime."""
        self.close()
        on_close, self._session.on_close = self._session.on_close, None
        try:
            await self._session.wire.aclose()
        finally:
            if on_close is not None:
                await on_close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    async def on_open(self) -> None:
        """Read the facts that this account's class needs before it is handed out; a plugin overrides it."""

    def now(self) -> datetime:
        """Return the time of our own clock."""
        return from_milliseconds(self._session.clock.milliseconds())

    @property
    def venue_clock(self) -> VenueClock:
        """The venue's clock as far as it is known here, without asking for its time."""
        return self._session.venue_session.clock

    def monotonic(self) -> float:
        """Return the seconds of the clock on which everything here waits; only their differences mean something."""
        return self._session.clock.monotonic()

    async def pause(self, seconds: float) -> None:
        """Wait on the injected clock; for a plugin, between two reads."""
        await self._session.clock.sleep(seconds)

    async def sync_clock(self) -> None:
        """
        Measure the venue's clock anew; concurrent callers join the same measurement, each until its own deadline.

        Raises:
            UnsupportedCapability: the venue has no endpoint for its time.
            OperationError: the venue's time cannot be read or believed; the clock stays as it was.
        """
        endpoint = self.venue.server_time
        if endpoint is None:
            words = "the venue has no endpoint for its time; its requests carry that of our own clock"
            raise errors.UnsupportedCapability(words, venue=self.venue.id, operation="sync_clock")
        shared = type(self)(self._session, _SHARED)  # others join, orders among them
        await self._in_time(endpoint, self._session.venue_session.clock.sync(lambda: shared.call(endpoint)))

    async def venue_time(self) -> datetime:
        """
        Return the venue's time, for spans that it bounds, as those of histories; one answer never moves it by a day.

        Where it differs so much from the venue's clock as it is known here, that clock is measured anew. Of a venue
        that has no endpoint for it, it is the time of our own clock.

        Raises:
            PayloadMismatch: two answers differ from the measured clock.
            OperationError: its time cannot be believed; see :meth:`sync_clock`.
        """
        clock, endpoint = self._session.venue_session.clock, self.venue.server_time
        if endpoint is None:
            return clock.now()
        known = {"venue": self.venue.id, "operation": endpoint.operation}
        return await read_believed_time(clock, lambda: self.call(endpoint), self.sync_clock, **known)

    async def _read(self, endpoint: Endpoint[T], /, **parameters: Any) -> T:
        """Read on behalf of a write, and as urgent: with the caller's window, and none of its other options."""
        options = Options(recv_window=self._options.recv_window, priority=Priority.RISK)
        value: T = await self._session.execute(endpoint, parameters, options, endpoint.decode, self._read)
        return value

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.venue.id} {self.environment} {self._session.owner.name}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("an Account is not pickled; open one in the other process from a reference to its credentials")
