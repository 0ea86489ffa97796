"""Pictures of histories: sums of payments by asset, prices of candles, fills and orders, rates of funding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs

from venuekit.capabilities import FillKind, Instrument, OrderSide, OrderStatus, WithdrawalStatus
from venuekit.cli.pictures import Candlesticks, Dots, Panel, PlottedLine
from venuekit.cli.profit_plot import sums_of
from venuekit.exports.rows import Row, plain
from venuekit.profits import MOVED

#: the contracts that are known, by account and symbol
Instruments: TypeAlias = "Mapping[tuple[str, str], Instrument]"

_HUNDRED = Decimal(100)
_NOTHING = Decimal(0)
#: fills that are no trades
_NO_TRADES = frozenset({FillKind.FUNDING, FillKind.SPLIT, FillKind.DIVIDEND})


@attrs.frozen
class HistoryPicture:
    """
    The picture of one kind of history.

    ``fields`` of a row are all that it needs, beside the account; ``needs_instruments`` says that it is better with
    the units of contracts. ``make`` returns the panels, and sentences about the rows that are not drawn.
    """

    fields: frozenset[str]
    make: Callable[[Sequence[Row], Instruments, Mapping[str, Any]], tuple[list[Panel], list[str]]]
    needs_instruments: bool = False


def _draw_income(rows: Sequence[Row], _: Instruments, options: Mapping[str, Any]) -> tuple[list[Panel], list[str]]:
    """Sum movements, without transfers and conversions unless these alone are there, as they are no profit."""
    profits = [row for row in rows if plain(row["kind"]) not in MOVED]
    paid = profits or rows
    notes = _left_out(len(rows) - len(paid), rows, "transfers and conversions, which are not summed")
    what = plain(options["kind"]) or ("income" if profits else "transfers and conversions")
    payments = ((row["asset"], row["asset"], row["account"], row["time"], row["amount"]) for row in paid)
    return _sum_panels(what, payments), notes


def _draw_pnl(rows: Sequence[Row], instruments: Instruments, _: Mapping[str, Any]) -> tuple[list[Panel], list[str]]:
    """Sum profits in their settle assets; those of contracts that the venue does not list any more, by symbol."""
    payments = []
    for row in rows:
        contract = instruments.get((row["account"], row["symbol"]))
        panel, unit = (contract.settle,) * 2 if contract else (row["symbol"], f"settle asset of {row['symbol']}")
        payments.append((panel, unit, row["account"], row["closed_at"], row["pnl_net"]))
    return _sum_panels("profit of closed positions", payments), []


def _draw_withdrawals(rows: Sequence[Row], _: Instruments, __: Mapping[str, Any]) -> tuple[list[Panel], list[str]]:
    """Sum those that succeeded."""
    done = [row for row in rows if plain(row["status"]) == WithdrawalStatus.SUCCESS]
    payments = ((row["asset"], row["asset"], row["account"], row["created_at"], row["amount"]) for row in done)
    notes = _left_out(len(rows) - len(done), rows, "withdrawals that have not succeeded, which are not summed")
    return _sum_panels("withdrawals", payments), notes


def _draw_conversions(rows: Sequence[Row], _: Instruments, __: Mapping[str, Any]) -> tuple[list[Panel], list[str]]:
    """Sum the amounts that were given and those that were received."""
    payments = [
        (row[f"{way}_asset"], row[f"{way}_asset"], row["account"], row["time"], row[f"{way}_amount"])
        for row in rows
        for way in ("from", "to")
    ]
    return _sum_panels("conversions", payments), []


def _sum_panels(what: Any, payments: Iterable[tuple[str, str, str, datetime, Decimal]]) -> list[Panel]:
    """Return a panel for each asset with a line for each account; a payment is panel, unit, account, time, amount."""
    units: dict[str, str] = {}
    of_panels: dict[str, dict[str, list[tuple[datetime, Decimal]]]] = {}
    for panel, unit, account, time, amount in payments:
        units[panel] = unit
        of_panels.setdefault(panel, {}).setdefault(account, []).append((time, amount))
    panels = []
    for panel in sorted(of_panels):
        lines = []
        for account, points in of_panels[panel].items():
            points.sort(key=lambda point: point[0])
            lines.append(PlottedLine(account, [time for time, _ in points], sums_of([amount for _, amount in points])))
        panels.append(Panel(f"sum of {what} so far, {panel}", units[panel], lines, has_zero=True))
    return panels


def _draw_fills(rows: Sequence[Row], instruments: Instruments, _: Mapping[str, Any]) -> tuple[list[Panel], list[str]]:
    """Draw a dot for each fill at its price, of an area by its quantity."""
    trades = [row for row in rows if plain(row["kind"]) not in _NO_TRADES]
    points = [(row, row["time"], row["price"], "") for row in trades]
    notes = _left_out(len(rows) - len(trades), rows, "payments or splits rather than fills, which are not drawn")
    return _price_panels("fills", points, instruments), notes


def _draw_orders(rows: Sequence[Row], instruments: Instruments, _: Mapping[str, Any]) -> tuple[list[Panel], list[str]]:
    """Draw a dot for each order at its price, else at its trigger, else at the price that it was filled at."""
    points = []
    for row in rows:
        time = row["created_at"] or row["updated_at"]
        price = row["price"] or row["trigger_price"] or row["average_price"]
        if time is not None and price:
            points.append((row, time, price, "" if plain(row["status"]) == OrderStatus.FILLED else "not filled"))
    notes = _left_out(len(rows) - len(points), rows, "orders without a price or a time, which are not drawn")
    return _price_panels("orders", points, instruments), notes


def _price_panels(
    what: str, points: Sequence[tuple[Row, datetime, Decimal, str]], instruments: Instruments
) -> list[Panel]:
    """Return a panel for each contract of each account; a point is row, time, price and a word for hollow dots."""
    of_panels: dict[tuple[str, str], list[tuple[Row, datetime, Decimal, str]]] = {}
    for point in points:
        of_panels.setdefault((point[0]["account"], point[0]["symbol"]), []).append(point)
    panels = []
    for (account, symbol), here in of_panels.items():
        largest = max((point[0]["quantity"] or _NOTHING for point in here), default=_NOTHING)
        layers = []
        for side in OrderSide:
            for word in ("", "not filled"):
                chosen = [point for point in here if plain(point[0]["side"]) == side and point[3] == word]
                times, prices = [point[1] for point in chosen], [point[2] for point in chosen]
                quantities = [point[0]["quantity"] or _NOTHING for point in chosen]
                label = f"{side}{', ' if word else ''}{word}: {len(chosen)}"
                if chosen:
                    is_buy = side is OrderSide.BUY
                    layers.append(Dots(label, times, prices, quantities, largest, is_buy, is_hollow=bool(word)))
        title = f"{what} of {symbol}, {account}; the largest is {largest.normalize():f} contracts"
        panels.append(Panel(title, _price_unit(instruments.get((account, symbol))), layers))
    return panels


def _draw_candles(
    rows: Sequence[Row], instruments: Instruments, options: Mapping[str, Any]
) -> tuple[list[Panel], list[str]]:
    interval: timedelta = options["interval"]
    of_panels: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        of_panels.setdefault((row["account"], row["symbol"]), []).append(row)
    panels = []
    for (account, symbol), here in of_panels.items():
        bars = [(row["open"], row["high"], row["low"], row["close"]) for row in here]
        layer = Candlesticks([row["opens_at"] for row in here], bars, interval)
        panels.append(Panel(f"{symbol}, {account}", _price_unit(instruments.get((account, symbol))), [layer]))
    return panels, []


def _draw_rates(rows: Sequence[Row], _: Instruments, __: Mapping[str, Any]) -> tuple[list[Panel], list[str]]:
    of_panels: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        of_panels.setdefault(row["symbol"], {}).setdefault(row["account"], []).append(row)
    panels = []
    for symbol, of_accounts in of_panels.items():
        lines = [
            PlottedLine(account, [row["time"] for row in here], [row["rate"] * _HUNDRED for row in here])
            for account, here in of_accounts.items()
        ]
        panels.append(Panel(f"funding rate of {symbol}; longs pay above 0", "rate, %", lines, has_zero=True))
    return panels, []


def _price_unit(contract: Instrument | None) -> str:
    return "price, quote per base" if contract is None else f"price, {contract.quote} per {contract.base}"


def _left_out(number: int, rows: Sequence[Row], what: str) -> list[str]:
    return [f"{number} of {len(rows)} rows are {what}"] if number else []


def _picture(fields: str, make: Any, *, needs_instruments: bool = False) -> HistoryPicture:
    return HistoryPicture(frozenset(fields.split()), make, needs_instruments)


#: the picture of each kind of history, by the name of its command
PICTURES: Mapping[str, HistoryPicture] = MappingProxyType(
    {
        "income": _picture("asset time amount kind", _draw_income),
        "pnl": _picture("symbol closed_at pnl_net", _draw_pnl, needs_instruments=True),
        "fills": _picture("symbol side price quantity time kind", _draw_fills, needs_instruments=True),
        "orders": _picture(
            "symbol side status price trigger_price average_price quantity created_at updated_at",
            _draw_orders,
            needs_instruments=True,
        ),
        "funding": _picture("symbol time rate", _draw_rates),
        "candles": _picture("symbol opens_at open high low close", _draw_candles, needs_instruments=True),
        "withdrawals": _picture("asset created_at amount status", _draw_withdrawals),
        "conversions": _picture("from_asset from_amount to_asset to_amount time", _draw_conversions),
    }
)
