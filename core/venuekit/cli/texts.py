"""Plans and orders as text for people."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from venuekit.cli.tables import cell_text, columns, table, width
from venuekit.exports.rows import Row, row_of

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.capabilities import Order, OrderRequest
    from venuekit.settings import Plan, PlannedRead, Report

_COLUMNS = columns("account symbol setting side present target status")


def plan_text(plan: Plan) -> str:
    """Return a plan as text; ``#`` is the order of the steps."""
    notes = []
    for step in plan.steps:
        also = f"it also affects {', '.join(step.affected)}" if step.affected else None
        why = "; ".join(filter(None, (step.reason, step.note, also)))
        if why:
            notes.append(f"{step}: {step.status}: {why}")
    counted = _count_text([*(step.status for step in plan.steps), *("unreadable" for _ in plan.unreadable)])
    total = f"{counted}; applying weighs at most {plan.weight}; {_read_cost(plan.reads)}"
    shown = {"order": "#", **_COLUMNS, "weight": "weight"}
    return _together(plan.rows(), shown, notes, total)


def report_text(report: Report) -> str:
    """Return a report as text."""
    notes = []
    for result in report.results:
        said = " ".join(str(part) for part in (result.code, result.message) if part is not None)
        if said:
            notes.append(f"{result}: {result.status}: {said}")
    counted = _count_text([*(result.status for result in report.results), *("unreadable" for _ in report.unreadable)])
    caveat = f". {report.caveat[0].upper()}{report.caveat[1:]}" if report.caveat else ""
    return _together(report.rows(), _COLUMNS, notes, f"{counted}; {_read_cost(report.reads)}{caveat}")


def _together(rows: Sequence[Row], shown: dict[str, str], notes: Sequence[str], total: str) -> str:
    used = {field: heading for field, heading in shown.items() if field != "side" or any(row["side"] for row in rows)}
    wrapped = [textwrap.fill(note, width(), subsequent_indent="  ", break_on_hyphens=False) for note in notes]
    return "\n".join([table(rows, used), *wrapped, textwrap.fill(total, width())])


def _count_text(statuses: Iterable[str]) -> str:
    return ", ".join(f"{number} {status}" for status, number in Counter(map(str, statuses)).items()) or "nothing"


def _read_cost(reads: Sequence[PlannedRead]) -> str:
    weights: Counter[str] = Counter()
    for read in reads:
        weights[read.account] += read.weight
    return "reading weighed " + (", ".join(f"{weight} on {name}" for name, weight in weights.items()) or "nothing")


LIST_COLUMNS = columns("account symbol order filled status id")
#: columns never wrapped, since their values are copied into the next command
WHOLE = ("id",)


def order_row(order: Order | OrderRequest, name: str, account: Account, *, listed: bool = False) -> Row:
    """Return an order as a row; for a list with ``order``, which summarises it in a few words."""
    said = {"order": _words(order)} if listed else {}
    return row_of(order, account=name, venue=account.venue.id, **said)


def request_text(request: OrderRequest) -> str:
    """Return an order request in a few words."""
    return f"{request.symbol} {_words(request)}"


def _words(order: Order | OrderRequest) -> str:
    parts = [order.side.value, cell_text(order.quantity), order.type.value]
    if order.price is not None:
        parts += ["at", cell_text(order.price)]
    if order.trigger_price is not None:
        parts += ["from", cell_text(order.trigger_price)]
    if order.reduce_only:
        parts.append("reduce only")
    return " ".join(parts)
