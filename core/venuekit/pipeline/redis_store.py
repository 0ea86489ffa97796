"""Redis store: pools that processes and hosts share through a Redis or Valkey server, by one script a payment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from hashlib import sha1
from importlib.resources import files
from typing import Any

import attrs

from venuekit import errors
from venuekit._util.texts import warn
from venuekit.endpoint import Priority
from venuekit.pipeline.budget import PoolName
from venuekit.pipeline.budget_share import Share
from venuekit.pipeline.budget_store import PoolReport, PoolState, Receipt
from venuekit.pipeline.redis_link import PATIENCE, LinkLost, RedisLink, ScriptRefused, ScriptUnknown, pack
from venuekit.pipeline.redis_pools import PoolBook
from venuekit.pipeline.shared_url import VARIABLE, StoreAddress, WhenLost

#: how long a lost server is left alone between two tries, in seconds; requests get their answer at once meanwhile
_PAUSE = 1.0
#: how many pools one look is about
_LOOK = 100
_PAID = Receipt(0.0)
_MEND = f"start it, or correct {VARIABLE}"
_SECOND = 1_000_000


@attrs.define
class _Loss:
    """The time in which the server cannot be reached, by the clock of the loop."""

    since: float
    next_try: float


class RedisStore:
    """
    A :class:`~venuekit.pipeline.budget_store.BudgetStore` on one server; it belongs to one event loop.

    No connection is made before the first payment.

    While the server is lost, requests are refused, or spend this process's share of each pool, as the address says;
    each loss and each return is one warning.

    Raises:
        ConfigurationError: the library redis is not installed.
    """

    def __init__(self, address: StoreAddress) -> None:
        script = files("venuekit.pipeline").joinpath("redis_script.lua").read_bytes()
        self._address = address
        self._link = RedisLink(address)
        self._book = PoolBook(address)
        self._script = pack(("EVAL", script))
        self._name = pack(("EVALSHA", sha1(script, usedforsecurity=False).hexdigest()))
        self._load = pack(("SCRIPT", "LOAD", script))
        #: statements of the venue that the server does not have yet, each with its moment of the loop
        self._pending: dict[PoolName, tuple[PoolReport, float]] = {}
        self._share = Share(address.share) if address.when_lost is WhenLost.SHARE else None
        self._loss: _Loss | None = None
        self._fault = ("", "")  #: the last one and its mend
        self._has_warned_of_start = False

    def __str__(self) -> str:
        return f"the store of shared budgets at {self._address}"

    async def pay(
        self,
        due: Sequence[tuple[PoolName, int]],
        priority: Priority,
        *,
        waiter: str,
        operation: str,
        reports: Sequence[PoolReport] = (),
    ) -> Receipt:
        """
        Spend in every pool in one step, or nothing at all.

        A payment whose answer is lost is not repeated: it counts as spent.

        Raises:
            BudgetUnavailable: the server cannot be reached and the address says refuse, or a pool has another form or
                is no pool.
        """
        if self._may_try():
            try:
                answer = await self._run(due, priority, waiter, operation, reports)
            except LinkLost as lost:
                self._lose(lost)
            else:
                if answer != 0:
                    return self._refusal(due, answer)
                if self._share is not None:
                    self._share.count(due, _now())
                return _PAID
        else:
            self._keep(reports)
        return self._pay_alone(due, priority)

    async def report(self, reports: Sequence[PoolReport]) -> None:
        """
        Hand over statements of the venue at once; a server that is lost gets them when it is back.

        Raises:
            BudgetUnavailable: a pool has another form or is no pool.
        """
        if not self._may_try():
            self._keep(reports)
            return
        try:
            await self._run((), Priority.URGENT, "", "", reports)
        except LinkLost as lost:
            self._lose(lost)

    async def leave(self, waiter: str) -> None:
        """Forget a request that waited and was given up; a server that is lost forgets it by itself."""
        if self._loss is None:
            try:
                await self._link.send(2, pack(("DEL", self._book.waiter(waiter))))
            except LinkLost as lost:
                self._lose(lost)

    async def states(self) -> tuple[PoolState, ...]:
        """
        Return the state of every pool that the server has, in the order of their names.

        Raises:
            BudgetUnavailable: the server cannot be reached, or a pool has another form or is no pool.
        """
        states: list[PoolState] = []
        try:
            keys = sorted(await self._find_keys())
            for first in range(0, len(keys), _LOOK):
                part = keys[first : first + _LOOK]
                answer = await self._run_script(partial(self._book.pack_look, part))
                states += map(self._book.read_state, answer)
        except LinkLost as lost:
            raise self._error(lost.fault, lost.mend or _MEND) from None
        except ScriptRefused as refusal:
            raise self._error(str(refusal), refusal.mend) from None
        return tuple(states)

    async def aclose(self) -> None:
        """Close the connections to the server."""
        await self._link.aclose()

    # -- the script

    async def _run(
        self,
        due: Sequence[tuple[PoolName, int]],
        priority: Priority,
        waiter: str,
        operation: str,
        reports: Sequence[PoolReport],
    ) -> Any:
        """Pay, with everything that the server does not know yet, and return the script's answer."""
        loss, pending = self._loss, self._pending
        spendings = [] if self._share is None else self._share.take_spendings()
        late = [_as_of_now(*one) for one in pending.values()]
        self._pending = {}
        try:
            answer = await self._run_script(
                partial(self._book.pack_payment, due, priority, waiter, operation, [*late, *spendings, *reports])
            )
        except ScriptRefused as refusal:  # nothing of this is kept: it would be refused for ever
            raise self._error(str(refusal), refusal.mend) from None
        except (LinkLost, asyncio.CancelledError):
            self._pending = pending | self._pending
            self._keep(reports)
            if self._share is not None:
                self._share.return_spendings(spendings)
            raise
        if loss is not None and self._loss is loss:
            self._loss = None
            warn(f"{self} is back after {_now() - loss.since:.0f} s")
        return answer

    async def _run_script(self, pack_arguments: Callable[..., tuple[int, bytes]]) -> Any:
        """
        Run the script and return its answer; it is sent itself where the server does not have it.

        Such a server was started, or put in another's place, since a script was sent there: the arguments say that it
        may have forgotten payments.
        """
        try:
            count, arguments = pack_arguments(is_new=False)
            return await self._link.send(count + 2, self._name + arguments)
        except ScriptUnknown:
            count, arguments = pack_arguments(is_new=True)
            answer = await self._link.send(count + 2, self._script + arguments)
            self._has_warned_of_start = False
            await self._prepare()
            return answer

    async def _prepare(self) -> None:
        """Have the server keep the script, and warn of one that may drop pools; neither is needed to pay."""
        with suppress(LinkLost):
            await self._link.send(3, self._load)  # one that was only run is dropped where there are too many
            memory = (await self._link.send(2, pack(("INFO", "memory")))).decode()
            policy = memory.partition("maxmemory_policy:")[2].partition("\r")[0]
            if policy not in {"", "noeviction"}:
                warn(
                    f"{self} may forget payments when its memory is full, by its maxmemory-policy {policy}:"
                    " set it to noeviction"
                )

    def _refusal(self, due: Sequence[tuple[PoolName, int]], answer: Sequence[Any]) -> Receipt:
        """Return the receipt of a request that has to wait."""
        delay, unknown, closed = answer
        if unknown and not self._has_warned_of_start:
            self._has_warned_of_start = True
            warn(
                f"{self} was started, or took over, a moment ago and may not know all that was spent before:"
                f" pools stay full for the length of their windows, those of this request for {unknown / _SECOND:.0f} s"
            )
        names = list(dict.fromkeys(name for name, _ in due))
        return Receipt(
            delay / _SECOND,
            closed=tuple(
                PoolReport(names[index], closed_for=seconds / _SECOND, is_banned=bool(banned))
                for index, seconds, banned in closed
            ),
        )

    # -- a server that is lost

    def _may_try(self) -> bool:
        """Say whether the server is to be asked: one that is lost is, from time to time, by one request."""
        loss, now = self._loss, _now()
        if loss is None:
            return True
        if now < loss.next_try:
            return False
        loss.next_try = now + PATIENCE + _PAUSE
        return True

    def _lose(self, lost: LinkLost) -> None:
        """Note that the server is lost; the first time, warn."""
        now, self._fault = _now(), (lost.fault, lost.mend or _MEND)
        if self._loss is not None:
            self._loss.next_try = now + _PAUSE
            return
        self._loss = _Loss(now, now + _PAUSE)
        rule = "nothing is sent without it"
        if self._share is not None:
            rule = f"this process spends at most {self._address.share:g} of each pool until it is back"
        warn(f"{self} is lost: {lost.fault}; {rule}; {self._fault[1]}")

    def _keep(self, reports: Sequence[PoolReport]) -> None:
        """Remember statements until the server has them; the last one about a pool says it all."""
        now = _now()
        self._pending |= {report.pool: (report, now) for report in reports}

    def _pay_alone(self, due: Sequence[tuple[PoolName, int]], priority: Priority) -> Receipt:
        """Pay without the server, by the operator's rule."""
        if self._share is None:
            raise self._error(*self._fault)
        return Receipt(self._share.pay(due, priority.reserve, _now()), is_alone=True)

    def _error(self, fault: str, mend: str) -> errors.BudgetUnavailable:
        return errors.BudgetUnavailable(f"{self} cannot be used: {fault}", mend=mend)

    async def _find_keys(self) -> set[str]:
        """Return the keys of all pools."""
        keys: set[str] = set()
        cursor = b"0"
        while True:
            parts = ("SCAN", cursor, "MATCH", self._book.pattern, "COUNT", 1000)
            cursor, found = await self._link.send(len(parts), pack(parts))
            keys.update(key.decode() for key in found)
            if cursor == b"0":
                return keys


def _as_of_now(report: PoolReport, moment: float) -> PoolReport:
    """Return a statement that was made at a moment of the loop, for now."""
    left = None if report.closed_for is None else max(0.0, report.closed_for - (_now() - moment))
    return attrs.evolve(report, closed_for=left)


def _now() -> float:
    """
    Return the time of the loop, which measures how long a server is lost, and what a share may spend meanwhile.

    It is real time, as the server's own is, and not the injected clock of a runtime: on that one hours may pass while
    the server answers in a millisecond, or none while it never does.
    """
    return asyncio.get_running_loop().time()
