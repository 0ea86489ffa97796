"""Rows of journals: what was done, on what, when and how it ended, and the choice of those to show."""

from __future__ import annotations

import enum
import json
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import attrs

from venuekit._util.times import from_milliseconds
from venuekit.exports.rows import plain
from venuekit.parameters import Role
from venuekit.pipeline.journal_files import JournaledWrite, JournalName
from venuekit.venue import Venue

#: the outcome of a write whose journal knows none
OPEN = "open"


class EndedAs(enum.StrEnum):
    """How a write ended, by the word of its closing line."""

    APPLIED = "applied"  #: it was carried out
    NOT_APPLIED = "not_applied"  #: the venue refused it, or it is proven that it did not happen
    NOT_SENT = "not_sent"  #: not one byte left this machine
    DOES_NOT_HOLD = "does_not_hold"  #: a setting that did not hold when it was looked for; it may have for a while


@attrs.frozen(kw_only=True)
class JournalRow:
    """
    A write of a journal as one flat row.

    ``symbol`` (several are separated by blanks), ``leverage``, ``quantity``, ``price`` and ``amount`` are by the
    venue's declaration and in its units: None where the write has none, or the venue's plugin does not know it any
    more. ``parameters`` is everything that was asked, in JSON. ``sent_at`` is that of the first of its ``attempts``,
    ``fence`` the moment after which the last cannot arrive any more; both are on the venue's clock, and so is
    ``ended_at``, None as long as ``outcome`` is ``open``. ``claims`` is the row of a history that proves it.
    """

    environment: str
    key: str
    operation: str
    symbol: str | None
    client_id: str | None
    leverage: Decimal | None
    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal | None
    sent_at: datetime
    outcome: str
    ended_at: datetime | None
    attempts: int
    fence: datetime
    parameters: str
    verb: str
    path: str
    action: str | None
    effect: str | None
    claims: str | None
    id: str


@attrs.frozen
class JournalFilter:
    """
    The writes to list; None takes every one, and so does an empty collection.

    ``since`` is inclusive and ``until`` is not; a write that touches every symbol touches ``symbols``, too, and so may
    one that the venue's plugin does not know any more.
    """

    since: datetime | None = None
    until: datetime | None = None
    symbols: Collection[str] = ()
    operations: Collection[str] = ()
    outcomes: Collection[str] = ()

    def takes_day(self, day: date) -> bool:
        """Say whether a write that began on a day may be one to list."""
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        is_early = self.since is not None and self.since - begin >= timedelta(days=1)
        return not is_early and (self.until is None or begin < self.until)

    def takes(self, row: JournalRow) -> bool:
        """Say whether a write is one to list."""
        return (
            (self.since is None or row.sent_at >= self.since)
            and (self.until is None or row.sent_at < self.until)
            and (not self.symbols or row.symbol is None or not {*self.symbols}.isdisjoint(row.symbol.split()))
            and (not self.operations or row.operation in self.operations)
            and (not self.outcomes or row.outcome in self.outcomes)
        )


def journal_row(name: JournalName, write: JournaledWrite, venue: Venue[Any] | None) -> JournalRow:
    """Return the row of a write; ``venue`` is None where its plugin is not installed."""
    entry, ended = write.last, write.ended
    symbols, numbers = _declared(venue, entry.endpoint_name, entry.parameters)
    return JournalRow(
        environment=name.environment,
        key=name.key,
        operation=entry.operation,
        symbol=" ".join(symbols) or None,
        client_id=" ".join(entry.client_ids) or None,
        leverage=numbers.get(Role.LEVERAGE),
        quantity=numbers.get(Role.QUANTITY),
        price=numbers.get(Role.PRICE),
        amount=numbers.get(Role.AMOUNT),
        sent_at=write.first.sent_at,
        outcome=OPEN if ended is None else ended.outcome,
        ended_at=None if ended is None or ended.at is None else from_milliseconds(ended.at),
        attempts=write.attempts,
        fence=entry.fence,
        parameters=json.dumps(entry.parameters, default=_exact, ensure_ascii=False),
        verb=entry.verb,
        path=entry.path,
        action=" ".join(f"{key}={value}" for key, value in entry.action) or None,
        effect=entry.effect,
        claims=None if ended is None else ended.claims,
        id=entry.id,
    )


def asked_text(row: JournalRow) -> str:
    """Return the parameters of a row for people: names with their values."""
    parameters: Mapping[str, Any] = json.loads(row.parameters)
    return " ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in parameters.items()
    )


def _declared(
    venue: Venue[Any] | None, endpoint_name: tuple[str, str, Any], parameters: Mapping[str, Any]
) -> tuple[Collection[str], Mapping[Role, Decimal]]:
    """Return the symbols and the numbers of a write, as far as its venue's declaration names them."""
    endpoint = None if venue is None else venue.endpoint_at(*endpoint_name)
    if endpoint is None:
        return (), {}
    try:
        symbols = tuple(dict.fromkeys(map(str, endpoint.symbols_of(parameters))))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # a line may say anything
        symbols = ()
    numbers: dict[Role, Decimal] = {}
    for role in (Role.LEVERAGE, Role.QUANTITY, Role.PRICE, Role.AMOUNT):
        value = endpoint.value_of(role, parameters)
        try:
            numbers[role] = Decimal(str(value))
        except InvalidOperation:  # none was sent, or a word
            continue
    return symbols, {role: number for role, number in numbers.items() if number.is_finite()}


def _exact(value: Any) -> Any:
    """Return a value of a parameter as JSON has it."""
    return list(value) if isinstance(value, tuple) else plain(value)
