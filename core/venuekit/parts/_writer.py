"""
The functions that make values of the rows of an answer.

The *quick* one reads numbers and times that are never blank for all rows of a call at once, before the first value is
made. The *careful* one takes rows of the second reader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from venuekit.errors import PayloadMismatch
from venuekit.parts._row_lines import ReadColumn, RowLines, Scope, indent
from venuekit.parts.columns import ColumnKind
from venuekit.payloads import Unfit, payload_mismatch, read_plain

if TYPE_CHECKING:
    from venuekit.parts.rows import Reads

#: kinds that the quick function reads for all rows at once where they are never blank
_AT_ONCE = frozenset({ColumnKind.NUMBER, ColumnKind.MILLISECONDS, ColumnKind.MILLISECONDS_TEXT})


def write_quick(part: Reads[Any], reads: Mapping[str, ReadColumn]) -> Callable[..., list[Any]]:
    """Return the function for rows as msgspec reads them."""
    lines = RowLines(is_careful=False)
    lines.names |= {"read_plain": read_plain, "read_times": _read_times}
    at_once = [one for one in reads.values() if one.column.kind in _AT_ONCE and not one.column.may_be_blank]
    one_by_one = [read for read in reads.values() if read not in at_once]
    before, targets, iterables = _read_at_once(lines, at_once)
    digits = lines.digits(one_by_one)
    columns = [line for read in one_by_one for line in lines.column(read)]
    row = [*columns, *digits, *lines.value(Scope(part, reads), "value"), "add(value)"]
    body = [
        "made, texts = [], []",
        "add = made.append",
        *before,
        f"for row, raw{targets} in zip(rows, raws{iterables}):",
        *indent(row),
        *(["if not are_plain(texts):", "    refused(None)"] if digits else []),
        "return made",
    ]
    return lines.compile(f"quick rows of {part.value.__name__}", _parameters(lines, part), body)


def write_careful(part: Reads[Any], reads: Mapping[str, ReadColumn]) -> Callable[..., list[Any] | PayloadMismatch]:
    """Return the function for rows of the second reader; it returns the error where it cannot read a row."""
    lines = RowLines(is_careful=True)
    lines.names["explain"] = _explaining(part)
    columns = [line for read in reads.values() for line in lines.column(read)]
    body = [
        "made, where = [], None",
        "add = made.append",
        "for index, (row, raw) in enumerate(zip(rows, raws)):",
        "    try:",
        *indent(indent([*columns, *lines.value(Scope(part, reads), "value"), "add(value)"])),
        # returned, so that no traceback drags the values of the answer along
        "    except misfits as error:",
        "        return explain(index, where, error)",
        "return made",
    ]
    return lines.compile(f"careful rows of {part.value.__name__}", _parameters(lines, part), body)


def _parameters(lines: RowLines, part: Reads[Any]) -> str:
    return "rows, raws, joined" + "".join(f", f_{name}={lines.default(part, name)}" for name in part.given)


def _read_at_once(lines: RowLines, reads: Sequence[ReadColumn]) -> tuple[list[str], str, str]:
    """Return the lines that read columns of all rows, and for the loop over rows its targets and iterables."""
    before, targets, iterables = [], "", ""
    numbers = [read for read in reads if read.column.kind is ColumnKind.NUMBER]
    if numbers:
        columns = [f"row.{read.column.name}" for read in numbers]
        if len(columns) == 1:
            before.append(f"numbers = [{columns[0]} for row in rows]")
        else:
            before += ["numbers = []", "for row in rows:", f"    numbers += ({', '.join(columns)})"]
        before += ["if not are_plain(numbers):", "    refused(None)"]
        targets += f", ({', '.join(f'x{read.local}' for read in numbers)},)"
        iterables += f", read_plain(numbers, {len(numbers)})"
    for read in reads:
        if read.column.kind is not ColumnKind.NUMBER:
            text = read.local
            before.append(f"{text} = [row.{read.column.name} for row in rows]")
            if read.column.kind is ColumnKind.MILLISECONDS_TEXT:
                before += [f"if not are_plain({text}):", "    refused(None)"]
            targets += f", x{text}"
            iterables += f", read_times([{lines.time(read, '{} / 1000')} for {text} in {text}])"
    return before, targets, iterables


def _read_times(seconds: list[float | None]) -> list[datetime | None]:
    """Return times, each None where there is none; a third of the cost of making them one by one."""
    return msgspec.convert(seconds, list[datetime | None], strict=False)


def _explaining(part: Reads[Any]) -> Callable[[int, tuple[str, ...], Exception], PayloadMismatch]:
    def explain(index: int, where: tuple[str, ...], misfit: Exception) -> PayloadMismatch:
        if isinstance(misfit, KeyError):  # of a table, not of the row: it has all that it needs
            misfit = Unfit("a word that is known", misfit.args[0])
        within = ("*" if step is ... else step for step in part.within)
        return payload_mismatch((*within, *(() if part.is_single else (index,)), *where), misfit)

    return explain
