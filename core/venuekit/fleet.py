"""Many accounts: one call on each of them, with as many under way as their limits let pass."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

import attrs

from venuekit.account import Account
from venuekit.account_check import check_mapping, refuse_blocking
from venuekit.arguments import check_seconds
from venuekit.pipeline.events import notify_of_pace
from venuekit.pipeline.pace import Pace

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
V = TypeVar("V")


@attrs.frozen
class FanOut(Generic[K, V]):
    """
    The results of one call on many accounts, each by its name and in the order of the accounts.

    Attributes:
        values: The values of the calls that returned.
        errors: The exceptions of those that failed.
        not_run: The accounts whose call never began: the deadline passed, or another one failed and was to stop all.
    """

    values: Mapping[K, V]
    errors: Mapping[K, Exception]
    not_run: tuple[K, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every call returned a value."""
        return not self.errors and not self.not_run

    def raise_first(self) -> None:
        """Raise the error of the first account that has one; nothing where none has."""
        for error in self.errors.values():
            raise error


async def fan_out(
    accounts: Mapping[K, T],
    call: Callable[[T], Awaitable[V]],
    *,
    at_once: int = 32,
    deadline: float | None = None,
    stop_on_error: bool = False,
) -> FanOut[K, V]:
    """
    Call a function with each of many accounts, several at once, and return all results, the failed ones too.

    The calls of one venue begin in the order of the accounts; those of another venue wait for none of them. A call
    begins when the pools of its address can pay for it beside those under way, as far as the ended ones show its cost:
    thousands of accounts read as fast as the limits allow, and no request waits longer than it may. In place of
    accounts, anything may be given that ``call`` takes, such as what opens them; then ``at_once`` alone is the bound.

    Cancelled, it begins no call any more, cancels those under way, and waits for their ends; a write among them is left
    as that of a single call is, and the notes of the cancellation name it.

    Args:
        accounts: The accounts by their names, or other values that ``call`` takes.
        call: Called with each of them.
        at_once: The most calls under way.
        deadline: Seconds after which no call begins; accounts are handed over with the rest of it as the deadline of
            each request. None for no limit.
        stop_on_error: Begin no call after one has failed; those under way end as they would.

    Raises:
        InvalidArgument: ``accounts`` is no mapping, or has accounts of :mod:`venuekit.sync`.
        ValueError: ``at_once`` is no number from 1 up, or the deadline none above 0.
    """
    refuse_blocking(check_mapping(accounts, fan_out.__name__).values(), fan_out.__name__)
    if type(at_once) is not int or at_once < 1:
        raise ValueError(f"at_once is the number of calls under way, from 1 up, not {at_once!r}")
    if deadline is not None:
        check_seconds(deadline, "deadline", fan_out.__name__)
    calls = _Calls(accounts, call, at_once, deadline, stop_on_error)
    await calls.run()
    return calls.results()


class _Calls(Generic[K, T, V]):
    """The calls of one fan-out: those that ended, and those under way."""

    def __init__(
        self,
        accounts: Mapping[K, T],
        call: Callable[[T], Awaitable[V]],
        at_once: int,
        deadline: float | None,
        stop_on_error: bool,
    ) -> None:
        self._accounts = accounts
        self._call = call
        self._room = asyncio.Semaphore(at_once)
        self._end = None if deadline is None else asyncio.get_running_loop().time() + deadline
        self._stop_on_error = stop_on_error
        self._starters: list[asyncio.Task[None]] = []
        self._values: dict[K, V] = {}
        self._errors: dict[K, Exception] = {}
        #: of writes that were cancelled while they were under way
        self._notes: list[str] = []

    async def run(self) -> None:
        """Begin the calls venue by venue, and wait for their ends."""
        by_venue: dict[int, list[K]] = {}
        for name, account in self._accounts.items():
            by_venue.setdefault(_venue_of(account), []).append(name)
        try:
            async with asyncio.TaskGroup() as group:
                self._starters = [group.create_task(self._begin(group, names)) for names in by_venue.values()]
        except asyncio.CancelledError as cancelled:
            for note in self._notes:
                cancelled.add_note(note)
            raise

    def results(self) -> FanOut[K, V]:
        """Return the results in the order of the accounts."""
        ended = self._values.keys() | self._errors.keys()
        return FanOut(
            {name: self._values[name] for name in self._accounts if name in self._values},
            {name: self._errors[name] for name in self._accounts if name in self._errors},
            tuple(name for name in self._accounts if name not in ended),
        )

    async def _begin(self, group: asyncio.TaskGroup, names: Sequence[K]) -> None:
        """Begin one call after another on the accounts of a venue, until the deadline."""
        pace = Pace()
        try:
            async with asyncio.timeout_at(self._end):
                for name in names:
                    await self._take_room(self._accounts[name], pace)
                    group.create_task(self._run(name, pace))
                    await asyncio.sleep(0)  # it pays for its first request
        except TimeoutError:
            return  # the others are not run

    async def _take_room(self, account: T, pace: Pace) -> None:
        """Wait until a call on an account may begin: until there is room, and its pools can pay for it."""
        await self._room.acquire()
        session = account._session if isinstance(account, Account) else None  # noqa: SLF001 - the way to its pools
        while session is not None and (delay := pace.delay(session)):
            self._room.release()  # to the calls of other venues
            notify_of_pace(session, delay)
            await session.clock.sleep(max(delay, 0.001))
            await self._room.acquire()

    async def _run(self, name: K, pace: Pace) -> None:
        """Make one call, and keep its result."""
        task = asyncio.current_task()
        try:
            with pace.call():
                self._values[name] = await self._call(self._until_end(self._accounts[name]))
        except asyncio.CancelledError as cancelled:
            if task is not None and task.cancelling():
                self._notes += [f"{name}: {note}" for note in getattr(cancelled, "__notes__", ())]
                raise
            self._fail(name, RuntimeError(f"the call was cancelled from within: {cancelled!r}"))
        except Exception as error:  # noqa: BLE001 - a result like any other: the other accounts go on
            self._fail(name, error)
        finally:
            self._room.release()

    def _fail(self, name: K, error: Exception) -> None:
        self._errors[name] = error
        if self._stop_on_error:
            for starter in self._starters:
                starter.cancel()

    def _until_end(self, account: T) -> T:
        """Return the account with the rest of the deadline."""
        if self._end is None or not isinstance(account, Account):
            return account
        rest = max(0.001, self._end - asyncio.get_running_loop().time())
        own = account.deadline
        return account.with_options(deadline=rest if own is None else min(own, rest))


def _venue_of(account: object) -> int:
    """Return the identity of the state that accounts of one venue and environment share, 0 for other values."""
    return id(account._session.venue_session) if isinstance(account, Account) else 0  # noqa: SLF001 - nobody else asks
