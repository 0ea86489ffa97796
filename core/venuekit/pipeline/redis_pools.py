"""Redis pools: names, payments and reports as the script takes them, and the states that it returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from math import floor
from typing import Any
from urllib.parse import quote, unquote

import attrs

from venuekit._util.times import from_milliseconds
from venuekit.endpoint import Priority
from venuekit.pipeline.budget import PoolName
from venuekit.pipeline.budget_share import Spending
from venuekit.pipeline.budget_store import PoolReport, PoolState, WaitingRequest
from venuekit.pipeline.redis_link import pack
from venuekit.pipeline.shared_url import AfterStart, StoreAddress
from venuekit.pipeline.waiters import WALK_YIELDS
from venuekit.venue import Limit, LimitScope

_SECOND = 1_000_000  #: in the script's microseconds
#: a walk through history goes before the reads that come so much later, in the script's microseconds
_AGE = round(WALK_YIELDS * _SECOND)
#: a place in line is this for each class, and the moment of arrival in microseconds; sums are exact until 2096
_CLASS = 25 * 10**14
_PLACES = {
    Priority.URGENT: 0,
    Priority.RISK: _CLASS,
    Priority.READ: 2 * _CLASS,
    Priority.HISTORY: 2 * _CLASS + _AGE,
}
_PRIORITIES = {priority.rank: priority for priority in Priority}
#: how many pools, and how many payments, are remembered in the form that is sent
_REMEMBERED = 4_000
#: stands for a part of a name that is not there; in a part that is there, it is written otherwise
_NONE = "*"


@attrs.frozen
class _PackedPool:
    """A pool as it is sent."""

    name: PoolName  #: as long as this is here, its id is not another name's
    key: str
    keys: bytes  #: of the pool and its line
    limit: bytes  #: its kind, rate and amount
    most: dict[Priority, bytes]  #: the amount that each priority may spend


@attrs.frozen(kw_only=True)
class _PackedPayment:
    """A payment as it is sent, but for the names of the request, which come after the keys and after its place."""

    due: tuple[tuple[PoolName, int], ...]  #: keeps the ids of the pools
    count: int
    keys: bytes
    place: bytes
    amounts: bytes


class PoolBook:
    """The pools of one store, as its keys name them."""

    def __init__(self, address: StoreAddress) -> None:
        self._is_open_at_start = address.after_start is AfterStart.OPEN
        self._prefix = (
            f"{{{address.prefix}}}"  # in braces: all keys are of one slot, where the server is part of a cluster
        )
        self._pools: dict[int, _PackedPool] = {}
        self._payments: dict[tuple[object, ...], _PackedPayment] = {}
        self.since = f"{self._prefix}:since"
        #: matches the keys of all pools
        self.pattern = f"{self._prefix}:pool:*"

    def pack_payment(
        self,
        due: Sequence[tuple[PoolName, int]],
        priority: Priority,
        waiter: str,
        operation: str,
        reports: Sequence[PoolReport | Spending],
        *,
        is_new: bool,
    ) -> tuple[int, bytes]:
        """
        Return how many arguments the script gets, and these, packed: the number of the keys, the keys and the rest.

        ``is_new`` says that the server may have forgotten payments.
        """
        form = (priority, is_new, *[(id(name), amount) for name, amount in due])
        packed = None if reports else self._payments.get(form)
        if packed is None:
            packed = self._pack_payment(due, priority, reports, is_new=is_new)
            if not reports:
                _forget_many(self._payments)
                self._payments[form] = packed
        key, name = f"{self._prefix}:waiter:{waiter}".encode(), operation.encode()
        return packed.count, b"%b$%d\r\n%b\r\n%b$%d\r\n%b\r\n%b" % (
            packed.keys,
            len(key),
            key,
            packed.place,
            len(name),
            name,
            packed.amounts,
        )

    def _pack_payment(
        self,
        due: Sequence[tuple[PoolName, int]],
        priority: Priority,
        reports: Sequence[PoolReport | Spending],
        *,
        is_new: bool,
    ) -> _PackedPayment:
        amounts: dict[str, tuple[_PackedPool, int]] = {}
        for name, amount in due:
            pool = self._pack(name)
            before = amounts.get(pool.key)
            amounts[pool.key] = (pool, amount if before is None else before[1] + amount)
        keys = [pack((2 + 2 * len(amounts) + len(reports), self.since)), *(pool.keys for pool, _ in amounts.values())]
        keys += [pack((self._pack(report.pool).key,)) for report in reports]
        parts = [pack((len(amounts), len(reports)))]
        for pool, amount in amounts.values():
            parts += (pool.limit, pool.most[priority], pack((amount,)))
        for report in reports:
            parts += (self._pack(report.pool).limit, _pack_report(report))
        return _PackedPayment(
            due=tuple(due),
            count=10 + 7 * len(amounts) + 8 * len(reports),
            keys=b"".join(keys),
            place=pack(("pay", self._trust(is_new=is_new), _PLACES[priority], priority.rank)),
            amounts=b"".join(parts),
        )

    def pack_look(self, keys: Sequence[str], *, is_new: bool) -> tuple[int, bytes]:
        """Return the same of a look at pools."""
        parts: list[str | int] = [1 + 2 * len(keys), self.since]
        for key in keys:
            parts += (key, self._line(key))
        return len(parts) + 2, pack((*parts, "look", self._trust(is_new=is_new)))

    def _trust(self, *, is_new: bool) -> str:
        """Return a word on the server's knowledge of the time before."""
        return "open" if self._is_open_at_start else "new" if is_new else "known"

    def waiter(self, waiter: str) -> str:
        """Return the key under which a request waits."""
        return f"{self._prefix}:waiter:{waiter}"

    def read_state(self, answer: Sequence[Any]) -> PoolState:
        """Return the state that the script gave of one pool."""
        key, written, amount, used, closed, is_banned, *waiting = answer
        name = self._name_of(_text(key), _text(written), int(amount))
        return PoolState(
            name=name,
            used=int(used),
            amount=int(amount),
            waiting=tuple(_read_waiting(waiting)),
            closed_until=_moment(closed) if closed else None,
            is_banned=bool(is_banned),
        )

    def _pack(self, name: PoolName) -> _PackedPool:
        packed = self._pools.get(id(name))
        if packed is not None:
            return packed
        limit = name.limit
        parts = (name.realm, name.environment, limit.name, limit.scope, name.owner, name.symbol, name.address)
        key = f"{self._prefix}:pool:" + "/".join(_NONE if part is None else quote(part, safe=":@") for part in parts)
        if limit.seconds is not None:
            kind, rate = "window", str(round(limit.seconds * _SECOND))
        else:
            kind, rate = "bucket", repr(float(limit.refill or 0.0))
        _forget_many(self._pools)
        packed = self._pools[id(name)] = _PackedPool(
            name,
            key,
            pack((key, self._line(key))),
            pack((kind, rate, limit.amount)),
            {one: pack((limit.amount - floor(limit.amount * one.reserve),)) for one in Priority},
        )
        return packed

    def _line(self, key: str) -> str:
        return key.replace(":pool:", ":line:", 1)

    def _name_of(self, key: str, written: str, amount: int) -> PoolName:
        """Return the name that a key was made of; its limit knows no headers."""
        parts = key.removeprefix(f"{self._prefix}:pool:").split("/")
        realm, environment, name, scope, owner, symbol, address = (
            None if part == _NONE else unquote(part) for part in parts
        )
        _, kind, rate = written.split(" ")
        limit = Limit(
            name or "",
            amount=amount,
            seconds=int(rate) / _SECOND if kind == "window" else None,
            refill=float(rate) if kind == "bucket" else None,
            scope=LimitScope(scope or ""),
        )
        return PoolName(realm or "", environment or "", limit, owner, symbol, address)


def _forget_many(remembered: dict[Any, Any]) -> None:
    """Make room for one more."""
    if len(remembered) >= _REMEMBERED:
        remembered.clear()


def _pack_report(report: PoolReport | Spending) -> bytes:
    """Return count, closing, ban and spending; a part that is not there is empty."""
    if isinstance(report, Spending):
        return pack(("", "", "0", report.amount))
    closed = "" if report.closed_for is None else round(report.closed_for * _SECOND)
    used = "" if report.used is None else max(0, report.used)
    return pack((used, closed, "1" if report.is_banned else "0", ""))


def _read_waiting(parts: Sequence[Any]) -> Iterable[WaitingRequest]:
    for rank, arrived, operation in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        yield WaitingRequest(_text(operation), _PRIORITIES[int(rank)], _moment(arrived))


def _moment(microseconds: int) -> datetime:
    return from_milliseconds(int(microseconds) // 1000)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
