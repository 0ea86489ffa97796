"""Plans and reports as text: tables in which symbols alike are one row, notes, and the cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from venuekit.cli.tables import cell_text, columns, table, width
from venuekit.cli.whole_numbers import fill
from venuekit.exports.rows import Row

if TYPE_CHECKING:
    from venuekit.settings import Pace, Plan, PlannedRead, PlannedStep, Report, Result, Unreadable

    Step: TypeAlias = "PlannedStep | Result"

#: from this many symbols on, those that are alike are one row
ALIKE = 4
#: how many of them are named where something is said about all
_NAMED = 3
_COLUMNS = columns("account symbol setting margin_type side present target status")
_LINE = {"decided_by": "decided by"}
#: fields of steps that rows do not have
_INNER = frozenset({"name", "needs", "also"})
#: columns that are shown where a row has a value in them
_RARE = frozenset({"margin_type", "side"})


def row_columns(step: type[Step]) -> dict[str, str]:
    """Return the columns of the rows of a plan, or of a report, by the class of its steps."""
    return columns(" ".join(field.name for field in attrs.fields(step) if field.name not in _INNER))


def plan_text(plan: Plan, *, everything: bool, lines: bool) -> str:
    """
    Return a plan as text; ``#`` is the order of the steps, of several that are alike the first one's.

    ``everything`` shows the settings that equal their targets, too, and ``lines`` those of the file that decided.
    """
    shown = {"order": "#", **_COLUMNS, **(_LINE if lines else {}), "weight": "weight"}
    steps = [(step, _why(step)) for step in plan.steps if everything or step.status != "unchanged"]
    cost = f"applying weighs at most {plan.weight}{pace_text(plan.paces)}; {_read_cost(plan.reads)}"
    return _text(steps, plan.unreadable, shown, plan.steps, cost)


def _why(step: PlannedStep) -> str:
    also = f"it also affects {', '.join(step.affected)}" if step.affected else None
    return "; ".join(filter(None, (step.reason, step.note, also)))


def report_text(report: Report, *, everything: bool) -> str:
    """Return a report as text; ``everything`` shows also the settings that equalled their targets."""
    steps = [
        (result, " ".join(str(part) for part in (result.code, result.message) if part is not None))
        for result in report.results
        if everything or result.status != "unchanged"
    ]
    caveat = f". {report.caveat[0].upper()}{report.caveat[1:]}" if report.caveat else ""
    cost = f"{_read_cost(report.reads)}{caveat}"
    return _text(steps, report.unreadable, _COLUMNS, report.results, cost)


def _text(
    steps: Sequence[tuple[Step, str]],
    unreadable: Sequence[Unreadable],
    shown: Mapping[str, str],
    every: Sequence[Step],
    cost: str,
) -> str:
    groups = list(_groups(steps, by_line="decided_by" in shown))
    rows: list[Row] = [_row(group) for group, _ in groups]
    rows += [{"account": one.account, "status": "unreadable"} for one in unreadable]
    used = {field: shown[field] for field in shown if field not in _RARE or any(row.get(field) for row in rows)}
    counted = Counter(str(step.status) for step in every) + Counter("unreadable" for _ in unreadable)
    numbers = ", ".join(f"{number} {status}" for status, number in counted.items()) or "nothing"
    notes = [(_subject(group), str(group[0].status), why) for group, why in groups if why]
    wrapped = [fill(f"{subject}: {status}: {why}", width(), later="  ") for subject, status, why in notes]
    tables = [table(rows, used)] if rows else []
    return "\n".join([*tables, *wrapped, fill(f"{numbers}; {cost}", width())])


def _groups(steps: Sequence[tuple[Step, str]], *, by_line: bool) -> Iterator[tuple[list[Step], str]]:
    """
    Yield the steps that differ in the symbol alone, together where they are many, in the order of the first one.

    With ``by_line`` those of another line that decided are no like ones: the line is shown.
    """
    alike: dict[object, list[Step]] = {}
    keys = [(_likeness(step), step.decided_by if by_line else None, why) for step, why in steps]
    for key, (step, _) in zip(keys, steps, strict=True):
        alike.setdefault(key, []).append(step)
    done = set()
    for key, (step, why) in zip(keys, steps, strict=True):
        if step.symbol is None or len(alike[key]) < ALIKE:
            yield [step], why
        elif key not in done:
            done.add(key)
            yield alike[key], why


def _likeness(step: Step) -> tuple[Any, ...]:
    values = (step.margin_type, step.side, step.present, step.target)
    return (step.account, step.venue, step.symbol is None, step.setting, *values, step.status)


def _row(group: Sequence[Step]) -> dict[str, Any]:
    first = group[0]
    fields = ("account", "setting", "margin_type", "side", "present", "target", "status")
    symbol = first.symbol if len(group) == 1 else f"{len(group)} symbols"
    weights = [weight for step in group if (weight := getattr(step, "weight", None)) is not None]
    orders = [order for step in group if (order := getattr(step, "order", None)) is not None]
    return {
        **{field: getattr(first, field) for field in fields},
        "symbol": symbol,
        "order": min(orders, default=None),
        "weight": sum(weights) if weights else None,
        "decided_by": _line(first),
    }


def _line(step: Step) -> str | None:
    """Return the file's name and the line that decided."""
    return None if step.decided_by is None else PurePath(step.decided_by).name


def _subject(group: Sequence[Step]) -> str:
    """
    Return the subject of a note: a setting, or of several that are alike the setting and the first symbols.

    It has the line that decided, be it the one of a group; where these are several lines, the first of them.
    """
    first = group[0]
    line = _line(first)
    if len(group) > 1:
        named = ", ".join(str(step.symbol) for step in group[:_NAMED])
        return f"{first.account}: {first.setting} of {len(group)} symbols ({named}, ...{f'; {line}' if line else ''})"
    return str(first) if line is None else f"{_where(first)} ({line})"


def _where(step: Step) -> str:
    return " ".join(filter(None, (step.account, step.symbol, step.setting, step.margin_type, step.side)))


def step_text(step: Step) -> str:
    """Return one change: ``main BTCUSDT leverage: 20 -> 5``."""
    return f"{_where(step)}: {cell_text(step.present)} -> {cell_text(step.target)}"


def pace_text(paces: Sequence[Pace]) -> str:
    """Return the time of a plan, as `` (about 3 min at 2400/min)``; nothing where no limit is declared."""
    if not paces:
        return ""
    many = len(paces) > 1
    parts = (f"{_time(one.seconds)} at {_rate(one)}{f' on {one.venue}' if many else ''}" for one in paces)
    return f" (about {', '.join(parts)})"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _rate(pace: Pace) -> str:
    named: dict[float, str] = {1: "s", 60: "min", 3600: "h"}
    per = named.get(pace.window, f"{pace.window:g} s")
    return f"{pace.amount:g}/{per}"


def _read_cost(reads: Sequence[PlannedRead]) -> str:
    weights: Counter[str] = Counter()
    for read in reads:
        weights[read.account] += read.weight
    return "reading weighed " + (", ".join(f"{weight} on {name}" for name, weight in weights.items()) or "nothing")
