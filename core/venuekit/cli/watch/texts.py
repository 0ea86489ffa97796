"""Texts: accounts as lines of a given width, readable in 80 columns and without colour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from venuekit.capabilities import Order
from venuekit.cli.tables import cell_text
from venuekit.cli.watch.figures import Figure
from venuekit.cli.watch.summary import AccountSummary, PositionSummary, WatchState
from venuekit.credentials.redactor import redact
from venuekit.valuation import USD

#: the narrowest width at which nothing is cut but names and reasons
NARROWEST = 80
#: style of a line by the state of its account, in names of rich
STYLES = {
    WatchState.OPENING: "dim",
    WatchState.LIVE: "",
    WatchState.READING: "",
    WatchState.STALE: "yellow",
    WatchState.UNREADABLE: "red",
}
_GAP = " "
_ELLIPSIS = "..."


class TextLine(NamedTuple):
    """One line, and its style in names of rich."""

    text: str
    style: str = ""


class _Column(NamedTuple):
    heading: str
    width: int
    is_number: bool = True


_OVERVIEW = (
    _Column("account", 14, is_number=False),
    _Column("equity", 16),
    _Column("pnl", 12),
    _Column("ratio", 6),
    _Column("to liq", 6),
    _Column("pos", 3),
    _Column("ord", 3),
    _Column("gap", 3),
    _Column("state", 9, is_number=False),
)
_POSITIONS = (
    _Column("symbol", 14, is_number=False),
    _Column("side", 5, is_number=False),
    _Column("contracts", 10),
    _Column("entry", 9),
    _Column("mark", 9),
    _Column("pnl", 10),
    _Column("liquid.", 9),
    _Column("to liq", 7),
)
_BALANCES = (_Column("asset", 14, is_number=False), _Column("wallet", 20), _Column("available", 20))
_ORDERS = (
    _Column("symbol", 14, is_number=False),
    _Column("side", 4, is_number=False),
    _Column("type", 18, is_number=False),
    _Column("contracts", 10),
    _Column("filled", 10),
    _Column("price", 9),
    _Column("trigger", 9),
)


def overview_head(width: int) -> str:
    """Return the headings of the overview."""
    return _join([column.heading for column in _OVERVIEW], _OVERVIEW, width)


def overview_lines(summary: AccountSummary, width: int) -> list[TextLine]:
    """Return an account as one line, and a second one with the reason where its state is not known for sure."""
    style = STYLES[summary.state]
    cells = [summary.name, *_figures(summary, _OVERVIEW[1:5])]
    cells += [_count(summary.positions), _count(summary.orders), str(summary.gaps), state_text(summary)]
    lines = [TextLine(_join(cells, _OVERVIEW, width), style)]
    reason = reason_text(summary)
    if reason is not None:
        lines.append(TextLine(_cut(f"  {reason}", width), style))
    return lines


def _figures(summary: AccountSummary, columns: Sequence[_Column]) -> list[str]:
    figures = (summary.equity, summary.pnl, summary.ratio, summary.distance)
    return [figure.text(column.width) for figure, column in zip(figures, columns, strict=True)]


def _count(things: Sequence[object] | None) -> str:
    return "-" if things is None else str(len(things))


def state_text(summary: AccountSummary) -> str:
    """Return the state of an account in at most nine characters, with its age where that is known."""
    if summary.state is WatchState.UNREADABLE:
        return "no answer" if summary.retry_in is not None else "none"
    if summary.age is None or summary.state in {WatchState.OPENING, WatchState.READING}:
        return summary.state.value
    return f"{summary.state} {age_text(summary.age)}"


def age_text(seconds: float) -> str:
    """Return a time in at most three characters, rounded down."""
    if seconds < 60:
        return f"{int(seconds)}s"
    return f"{int(seconds // 60)}m" if seconds < 3600 else f"{min(99, int(seconds // 3600))}h"


def reason_text(summary: AccountSummary) -> str | None:
    """Return why the state of an account is not known for sure, without line breaks and secrets; None where it is."""
    if summary.reason is None:
        return None
    again = "" if summary.retry_in is None else f" (again in {summary.retry_in:.0f} s)"
    return redact(" ".join(f"{summary.state}{again}: {summary.reason}".split()))


def totals_text(summaries: Sequence[AccountSummary]) -> str:
    """Return the equity of the accounts that have a known path to USD, and how many those are."""
    known = [summary.usd for summary in summaries if summary.usd is not None]
    if not known:
        return "no sum: no account has a known path to USD"
    total = Figure(sum(known, Decimal(0)), USD)
    mark = "~" if any(one.usd is not None and one.equity.doubt for one in summaries) else ""
    return f"equity {total.text(24)}{mark} in {len(known)} of {len(summaries)} accounts"


def detail_lines(summary: AccountSummary, width: int) -> list[TextLine]:
    """Return one account with its positions, balances and open orders."""
    lines = [TextLine(overview_head(width), "bold"), *overview_lines(summary, width)]
    if summary.positions is None:
        return lines
    lines += [TextLine(""), TextLine(f"positions ({len(summary.positions)})", "bold"), *_table(_POSITIONS, width)]
    lines += [_position_line(one, width) for one in summary.positions]
    lines += [
        TextLine(""),
        TextLine(f"balances ({len(summary.balances or ())})", "bold"),
        *_table(_BALANCES, width),
    ]
    for balance in summary.balances or ():
        cells = [balance.asset, cell_text(balance.wallet), cell_text(balance.available)]
        lines.append(TextLine(_join(cells, _BALANCES, width)))
    lines += [TextLine(""), TextLine(f"open orders ({len(summary.orders or ())})", "bold"), *_table(_ORDERS, width)]
    lines += [_order_line(order, width) for order in summary.orders or ()]
    return lines


def _table(columns: Sequence[_Column], width: int) -> list[TextLine]:
    return [TextLine(_join([column.heading for column in columns], columns, width), "dim")]


def _position_line(one: PositionSummary, width: int) -> TextLine:
    position = one.position
    cells = [
        position.symbol,
        str(position.side.value),
        cell_text(position.quantity),
        _price(position.entry_price),
        _price(one.mark),
        one.pnl.text(10),
        one.liquidation.text(9),
        one.distance.text(7),
    ]
    return TextLine(_join(cells, _POSITIONS, width))


def _price(price: Decimal | None) -> str:
    return Figure(price).text(9)


def _order_line(order: Order, width: int) -> TextLine:
    cells = [
        order.symbol,
        str(order.side.value),
        str(order.type.value),
        cell_text(order.quantity),
        cell_text(order.filled),
        _price(order.price),
        _price(order.trigger_price),
    ]
    return TextLine(_join(cells, _ORDERS, width))


def _join(cells: Iterable[str], columns: Sequence[_Column], width: int) -> str:
    """Return cells side by side; the first column gets the room beyond the narrowest width, and names are cut."""
    spare = max(0, min(width - NARROWEST, 20))
    parts = []
    for index, (cell, column) in enumerate(zip(cells, columns, strict=True)):
        size = column.width + (spare if index == 0 else 0)
        parts.append(cell.rjust(size) if column.is_number else _cut(cell, size).ljust(size))
    return _GAP.join(parts).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - len(_ELLIPSIS))] + _ELLIPSIS
