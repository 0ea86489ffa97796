"""Forms of rows beside tables and JSON: ``-o wide`` for people, ``-o csv`` and ``-o tsv`` for other programs."""

from __future__ import annotations

import csv
import enum
import io
from collections.abc import Mapping, Sequence

import click

from venuekit.cli.tables import columns, table
from venuekit.exports.rows import Row, plain

_CHOSEN = "venuekit.row_form"
_JSON = "venuekit.json"


class RowForm(enum.StrEnum):
    """One form of rows; each has every field, as JSON has."""

    WIDE = "wide"  #: a table that is as wide as its rows
    CSV = "csv"  #: a heading, then a line for each row; numbers with every digit, None is empty
    TSV = "tsv"  #: the same with tabs and without quotes: a tab or a line break in a text is a blank


def choose_form(context: click.Context, _: click.Parameter, form: RowForm | None) -> None:
    """
    Take the value of the option ``-o``.

    Raises:
        UsageError: JSON is asked for, too.
    """
    context.meta[_CHOSEN] = form
    _check_forms(context)


def choose_json(context: click.Context, _: click.Parameter, as_json: bool) -> bool:
    """Take the value of the option ``--json``, and return it; see also :func:`choose_form`."""
    context.meta[_JSON] = as_json
    _check_forms(context)
    return as_json


def _check_forms(context: click.Context) -> None:
    """Refuse two forms before anything is read or changed."""
    form = context.meta.get(_CHOSEN)
    if form is not None and context.meta.get(_JSON):
        raise click.UsageError(f"--json and -o {form} are two forms of the same rows: give one of them", context)


def refuse_rounds(context: click.Context) -> None:
    """Refuse the forms with a heading where rows are printed again and again: those of two rounds would be one."""
    form = chosen_form()
    if form in {RowForm.CSV, RowForm.TSV}:
        raise click.UsageError(f"-o {form} has no place for a second round: --watch goes with --json", context)


def chosen_form() -> RowForm | None:
    """Return the form that the user of the running command has chosen, None for the usual one."""
    context = click.get_current_context(silent=True)
    form: RowForm | None = None if context is None else context.meta.get(_CHOSEN)
    return form


def text_of(rows: Sequence[Row], form: RowForm, shown: Mapping[str, str] | None) -> str:
    """Return rows in a form; without rows the heading has the fields of ``shown``, the usual table."""
    fields = list(dict.fromkeys(field for row in rows for field in row)) or list(shown or ())
    if form is RowForm.WIDE:
        return table(rows, columns(" ".join(fields)), is_narrowed=False)
    texts = [fields, *([_text(row.get(field)) for field in fields] for row in rows)]
    if form is RowForm.TSV:
        return "\n".join("\t".join(" ".join(text.split()) for text in line) for line in texts)
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(texts)
    return lines.getvalue().removesuffix("\n")


def _text(value: object) -> str:
    content = plain(value)
    return "" if content is None else str(content).lower() if isinstance(content, bool) else str(content)
