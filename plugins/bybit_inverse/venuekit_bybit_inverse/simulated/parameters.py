"""Parameters of a request, checked as the venue does; and pages with a cursor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from typing import Any
from urllib.parse import quote, unquote

import attrs

from venuekit.plugin import from_milliseconds
from venuekit.simulator import Denied, Handler, Visit
from venuekit.simulator.ledger import Contract
from venuekit_bybit_inverse.simulated.messages import refusal

CATEGORIES = frozenset({"spot", "linear", "inverse", "option"})
_TRIGGERS = frozenset({"LastPrice", "MarkPrice", "IndexPrice"})
_CHOICES = {
    **dict.fromkeys(("triggerBy", "tpTriggerBy", "slTriggerBy"), _TRIGGERS),
    **dict.fromkeys(("tpOrderType", "slOrderType"), frozenset({"Limit", "Market"})),
    "smpType": frozenset({"None", "CancelMaker", "CancelTaker", "CancelBoth"}),
    "tpslMode": frozenset({"Full", "Partial"}),
}
_OFFSET = "page_args"
_MILLISECOND = timedelta(milliseconds=1)
#: the last millisecond of the year 9999
_LATEST = 253_402_300_799_999
DAY = timedelta(days=1) // _MILLISECOND
WEEK, TWO_YEARS = 7 * DAY, 730 * DAY


@attrs.frozen
class Parameters:
    """The parameters of a request, or of one order in a batch; every check raises ``Denied``."""

    fields: Mapping[str, Any]
    visit: Visit

    def invalid(self, message: str) -> Denied:
        """Return the refusal of an invalid parameter."""
        return Denied(refusal(10001, message, self.visit.milliseconds))

    def text(self, name: str) -> str | None:
        """Return a parameter as text, None when it was not sent."""
        value = self.fields.get(name)
        if value is None:
            return None
        return str(value).lower() if isinstance(value, bool) else str(value)

    def require(self, name: str) -> str:
        """Return a required parameter."""
        value = self.text(name)
        if not value:
            raise self.invalid(f"params error: {name} is required")
        return value

    def category(self, *, usual: str | None = None) -> str:
        """Return the requested product line; when it was not sent the usual one, where there is one."""
        value = self.text("category") or usual or self.require("category")
        if value not in CATEGORIES:
            raise self.invalid("Illegal category")
        return value

    def no_rows(self, product: str) -> dict[str, Any]:
        """Return the page of a product line that the account has nothing of."""
        return {"list": [], "nextPageCursor": "", "category": product}

    def only_inverse(self, *, usual: str | None = None) -> None:
        """Refuse other product lines."""
        if self.category(usual=usual) != "inverse":
            raise self.invalid("Illegal category")

    def contract(self) -> Contract:
        """Return the contract of the required symbol."""
        return self._contract_of(self.require("symbol"))

    def inverse_contract(self, *, usual: str | None = None) -> Contract:
        """Return the inverse contract of a request; ``usual`` is the product line of one that names none."""
        self.only_inverse(usual=usual)
        return self.contract()

    def symbol(self) -> str | None:
        """Return the symbol of a known contract, None when none was sent."""
        symbol = self.text("symbol")
        return self._contract_of(symbol).symbol if symbol else None

    def only(self, *names: str) -> Parameters:
        """Return these parameters alone; a request may send others that count for nothing there."""
        return attrs.evolve(self, fields={name: self.fields[name] for name in names if name in self.fields})

    def selection(self, *, order_id: str = "id") -> tuple[bool, Callable[[Any], bool]]:
        """
        Return the condition by which a request selects orders or fills, and whether that is an id.

        Of ``orderId``, ``orderLinkId``, ``symbol``, ``baseCoin`` and ``settleCoin`` the first one that was sent counts,
        and none of the others. The attribute ``order_id`` of a row holds the id of its order.
        """
        contracts = self.visit.ledger.contracts
        readers: Mapping[str, Callable[[Any], object]] = {
            "orderId": attrgetter(order_id),
            "orderLinkId": attrgetter("client_id"),
            "symbol": attrgetter("symbol"),
            "baseCoin": lambda row: contracts[row.symbol].base,
            "settleCoin": lambda row: contracts[row.symbol].settle,
        }
        name = next((name for name in readers if self.text(name)), None)
        if name is None:
            return False, lambda _: True
        value, read = self.symbol() if name == "symbol" else self.text(name), readers[name]
        return name in {"orderId", "orderLinkId"}, lambda row: read(row) == value

    def _contract_of(self, symbol: str) -> Contract:
        contract = self.visit.ledger.contracts.get(symbol)
        if contract is None:
            raise self.invalid(f"params error: symbol invalid {symbol}")
        return contract

    def check_words(self, *names: str) -> None:
        """Refuse a word that the venue does not know."""
        for name in names:
            if (self.text(name) or None) not in {None, *_CHOICES[name]}:
                raise self.invalid(f"params error: {name} invalid")

    def number(self, name: str) -> Decimal | None:
        """Return a number that was sent as text, None when it was not sent."""
        text = self.text(name)
        if not text:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise self.invalid(f"params error: {name} invalid") from None
        if not value.is_finite():
            raise self.invalid(f"params error: {name} invalid")
        return value

    def require_number(self, name: str) -> Decimal:
        """Return a required number."""
        number = self.number(name)
        if number is None:
            raise self.invalid(f"params error: {name} is required")
        return number

    def select(self, rows: Sequence[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
        """Return the rows that have the requested values in these fields; a parameter that was not sent allows all."""
        wanted = {name: self.text(name) for name in names}
        return [row for row in rows if all(value in {None, row[name]} for name, value in wanted.items())]

    def window(self, *, usual: int = WEEK, most: int = WEEK, oldest: int | None = TWO_YEARS) -> range:
        """
        Return the requested milliseconds.

        Without bounds the last ``usual``, with one of them as many from or up to it; with both at most ``most``. A
        start more than ``oldest`` ago is refused.
        """
        now, requested_start, end = self.visit.milliseconds, self._whole("startTime"), self._whole("endTime")
        start = requested_start
        if start is None:
            end = now if end is None else end
            start = end - usual
        elif end is None:
            end = start + usual
        if start > end:
            raise self.invalid("params error: startTime is after endTime")
        if end - start > most:
            raise self.invalid("The time range between startTime and endTime cannot exceed the limit")
        if oldest is not None and requested_start is not None and start < now - oldest:
            raise self.invalid("Can't query order earlier than 2 years")
        return range(start, end + 1)

    def _whole(self, name: str) -> int | None:
        text = self.text(name)
        if text is None:
            return None
        if not text.isdecimal():
            raise self.invalid(f"params error: {name} invalid")
        return int(text)

    def moment(self, name: str) -> datetime | None:
        """Return an instant that was sent in milliseconds, None when it was not sent."""
        number = self._whole(name)
        return None if number is None else from_milliseconds(min(number, _LATEST))

    def count(self, name: str, *, usual: int, most: int) -> int:
        """Return a number from 1 to ``most``, ``usual`` when it was not sent."""
        text = self.text(name) or str(usual)
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise self.invalid(f"params error: {name} invalid")
        return int(text)

    def page(self, rows: Sequence[dict[str, Any]], *, usual: int, most: int, name: str = "list") -> dict[str, Any]:
        """
        Return the requested page of rows.

        The cursor is already percent-encoded; it is accepted unchanged and encoded once more. A full page always has
        one, even the last: the page after that is empty.
        """
        limit = self.count("limit", usual=usual, most=most)
        word, _, offset = unquote(self.text("cursor") or f"{_OFFSET}=0").partition("=")
        if word != _OFFSET or not offset.isdecimal():
            raise self.invalid("params error: cursor invalid")
        start, end = int(offset), int(offset) + limit
        shown = list(rows[start:end])
        cursor = quote(f"{_OFFSET}={end}", safe="") if len(shown) == limit else ""
        return {name: shown, "nextPageCursor": cursor}


def read_parameters(handler: Callable[[Parameters, Visit], object]) -> Handler:
    """Return the handler of a route from a function of its parameters."""
    return lambda request, visit: handler(Parameters(request.parameters, visit), visit)
