"""Tables: rows for people within the width of their terminal, and one line each, without colour, when piped."""

from __future__ import annotations

import enum
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any

import click

from venuekit.cli.whole_numbers import fill, longest_figure, wrap
from venuekit.exports.rows import Row, plain

PIPED_WIDTH = 100
_NARROWEST = 8
_GAP = "  "
#: for display only; JSON has every digit
_DISPLAYED = Context(prec=10)
#: field to the heading of its column, where that is not the field's own words
_HEADINGS = {
    "cap": "below",
    "contract_size": "size",
    "contract_unit": "unit",
    "entry_price": "entry",
    "expires_at": "expires",
    "floor": "from",
    "initial_margin": "margin",
    "ips": "from",
    "leverage": "lev",
    "leverage_max": "leverage",
    "liquidation_price": "liquidation",
    "load_ms": "load, ms",
    "maintenance_margin_rate": "maintenance",
    "margin_type": "margin",
    "mark_price": "mark",
    "max_position_unit": "unit",
    "message": "found",
    "min_quantity": "smallest",
    "permissions": "may",
    "present": "is",
    "position_side": "leg",
    "price_tick": "tick",
    "quantity": "contracts",
    "quantity_step": "step",
    "target": "should be",
    "unrealized_pnl": "unrealized",
}
#: columns that are shown only where a row says something there: few venues have more than one of each
OPTIONAL_COLUMNS = frozenset({"client_id", "position_id", "position_side", "sub_account"})
#: the columns at the left that a narrow terminal keeps, and those that it leaves out first, least missed first
_KEPT = 2
_DROPPED_FIRST = (
    *("weight", "order", "decided_by", "asked"),
    *("load_ms", "tier", "capabilities", "version", "distribution", "venue", "transport", "deduction"),
    *(
        "initial_margin",
        "margin_type",
        "unrealized_pnl",
        "leverage",
        "entry_price",
        "mark_price",
        "min_quantity",
        "settle",
        "kind",
    ),
    *("key_expires", "orders", "nearest", "unresolved", "margin_ratio", "client_id", "present"),
)
#: the columns for which a command is called: they are left out when nothing else is left
_DROPPED_LAST = frozenset({"target", "status", "distance", "alerts", "outcome", "equity"})
_COLOURS = {
    "changed": "green",
    "supported": "green",
    "yes": "green",
    "pending": "yellow",
    "skipped": "yellow",
    "refused": "red",
    "conflict": "red",
    "unknown": "red",
    "unreadable": "red",
    "broken": "red",
}


def width() -> int:
    """Return the number of columns for sentences: the terminal's, 100 when piped."""
    return terminal_width() or PIPED_WIDTH


def terminal_width() -> int:
    """Return the number of columns of the terminal, 0 without one."""
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 0


def cell_text(value: Any) -> str:
    """Return a value for people: ten digits, no trailing zeros, a dash for None."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        rounded = _DISPLAYED.plus(value)
        text = format(rounded, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(plain(value))


def columns(fields: str) -> dict[str, str]:
    """Return the columns of these fields, which blanks separate, with their headings."""
    return {field: _HEADINGS.get(field, field.replace("_", " ")) for field in fields.split()}


def table(
    rows: Sequence[Row], columns: Mapping[str, str], *, whole: Collection[str] = (), is_narrowed: bool = True
) -> str:
    """
    Return rows as a table.

    Args:
        rows: The rows to show.
        columns: Field to heading, from left to right; those of sub-accounts and ids of positions are left out where no
            row says one. Numbers are aligned to the right; text is wrapped where the table would be wider than the
            terminal, and sub-accounts and ids are then lines of the column before them. Where the numbers alone are
            wider, columns are left out by rank, and a last line names them; no number is ever broken. Without a
            terminal each row is one line.
        whole: Fields that are never wrapped, such as ids to copy.
        is_narrowed: Whether it is made to fit a terminal.
    """
    said = [name for name in columns if name not in OPTIONAL_COLUMNS or any(row.get(name) is not None for row in rows)]
    numeric = [_is_numeric(rows, field) for field in said]
    rigid = [right or field in whole for right, field in zip(numeric, said, strict=True)]
    headings = [columns[field] for field in said]
    dropped: list[str] = []
    cells = [[[cell_text(row.get(field))] for field in said] for row in rows]
    widths = _widths(headings, cells)
    if is_narrowed and not _narrow(widths, rigid, headings, cells):
        for index in reversed(range(1, len(said))):
            if said[index] in OPTIONAL_COLUMNS and not numeric[index - 1]:
                _join_to_left(index, cells, said, headings, numeric, rigid)
        widths = _widths(headings, cells)
        fits = _narrow(widths, rigid, headings, cells)
        while not fits and len(said) > _KEPT:
            index = _least(said)
            dropped.append(headings[index])
            of_columns: list[list[Any]] = [said, headings, numeric, rigid, *cells]
            for described in of_columns:
                del described[index]
            widths = _widths(headings, cells)
            fits = _narrow(widths, rigid, headings, cells)
    head = _line(headings, widths, numeric)
    lines = [click.style(head, bold=True), click.style(_GAP.join("-" * size for size in widths), dim=True)]
    for row in cells:
        wrapped = [
            [line for text in texts for line in wrap(text, size)] or [""]
            for texts, size in zip(row, widths, strict=True)
        ]
        for number in range(max(map(len, wrapped))):
            parts = [lines_of[number] if number < len(lines_of) else "" for lines_of in wrapped]
            lines.append(_line(parts, widths, numeric, coloured=True))
    if dropped:
        lines.append(fill(f"left out for want of room: {', '.join(dropped)}; --json has every field", width()))
    return "\n".join(lines)


def _widths(headings: Sequence[str], cells: Sequence[Sequence[Sequence[str]]]) -> list[int]:
    """Return the width of each column; a cell is a list of texts, one below the other."""
    return [
        max([len(heading), *(len(text) for row in cells for text in row[index])])
        for index, heading in enumerate(headings)
    ]


def _join_to_left(index: int, cells: Sequence[list[list[str]]], *described: list[Any]) -> None:
    """Move what a column says into the cells of the column before it, and remove the column."""
    for row in cells:
        row[index - 1] += [text for text in row.pop(index) if text != cell_text(None)]
    for of_columns in described:
        del of_columns[index]


def _least(fields: Sequence[str]) -> int:
    """Return the index of the column that is missed least: none of the first two, unless they are a bare number."""
    if "order" in fields:
        return fields.index("order")
    by_rank = [fields.index(field, _KEPT) for field in _DROPPED_FIRST if field in fields[_KEPT:]]
    others = [index for index, field in enumerate(fields) if index >= _KEPT and field not in _DROPPED_LAST]
    return by_rank[0] if by_rank else max(others, default=len(fields) - 1)


def _is_numeric(rows: Sequence[Row], field: str) -> bool:
    values = [row[field] for row in rows if row.get(field) is not None]
    return bool(values) and all(
        isinstance(value, int | Decimal) and not isinstance(value, bool | enum.Enum) for value in values
    )


def _narrow(
    widths: list[int], rigid: Sequence[bool], headings: Sequence[str], cells: Sequence[Sequence[Sequence[str]]]
) -> bool:
    """Shorten the widest text columns until the table fits the terminal; return whether it does."""
    limit = terminal_width()
    if not limit:
        return True  # rows are for other programs, such as grep
    least = [
        max([_NARROWEST, len(heading), *(_unbroken(text) for row in cells for text in row[index])])
        for index, heading in enumerate(headings)
    ]
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - limit
    while excess > 0:
        able = [index for index, size in enumerate(widths) if not rigid[index] and size > least[index]]
        if not able:
            return False
        widest = max(able, key=widths.__getitem__)
        widths[widest] -= 1
        excess -= 1
    return True


def _unbroken(text: str) -> int:
    """Return the number of characters of a cell that are on one line: of a status all."""
    return len(text) if text in _COLOURS else longest_figure(text)


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool], *, coloured: bool = False) -> str:
    padded = [
        cell.rjust(size) if right else cell.ljust(size)
        for cell, size, right in zip(cells, widths, numeric, strict=True)
    ]
    padded[-1] = padded[-1].rstrip()
    if coloured:
        padded = [_colour(cell) for cell in padded]
    return _GAP.join(padded).rstrip()


def _colour(cell: str) -> str:
    colour = _COLOURS.get(cell.strip())
    return click.style(cell, fg=colour) if colour else cell


def record(row: Row) -> str:
    """Return one row as lines of name and value, without the None values."""
    said = {name: cell_text(value) for name, value in row.items() if value is not None}
    wide = max(map(len, said), default=0)
    return "\n".join(f"{click.style(name.ljust(wide), bold=True)}  {text}" for name, text in said.items())
