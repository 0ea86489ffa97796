"""Tables: values of one kind side by side, for notebooks, frames and everything that reads Arrow."""

from __future__ import annotations

import html
import importlib
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from venuekit.errors import ConfigurationError
from venuekit.exports.arrow import import_arrow, table_of
from venuekit.exports.rows import Columns, Row, columns_of, plain, row_of


@attrs.frozen(eq=False, repr=False)
class Table:
    """
    Values as rows and columns, made by :func:`venuekit.table`.

    A notebook shows it, :meth:`to_pandas` makes a frame of it, and whatever reads the Arrow C stream takes it as it is:
    ``polars.DataFrame(table)``, ``pyarrow.table(table)``, ``duckdb``.

    Attributes:
        columns: The fields of the values that are texts, numbers or times, with their types; each may be empty.
        rows: One mapping of field to value for each value, in their order.
    """

    columns: Columns
    rows: tuple[Row, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"<Table of {len(self.rows)} rows: {', '.join(self._set_columns())}>"

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """
        Return the rows as a stream of Arrow: numbers are ``decimal128(38, 18)``, times milliseconds in UTC.

        Raises:
            ConfigurationError: pyarrow is not installed, or a number does not fit.
        """
        arrow = import_arrow("pyarrow", "a table in Arrow")
        whole = table_of(arrow, self.columns, self.rows, "the table")
        stream: object = whole.__arrow_c_stream__(requested_schema)
        return stream

    def to_pandas(self) -> Any:
        """
        Return the rows as a ``pandas.DataFrame``: Decimals stay Decimals, times are aware, enums are texts.

        Raises:
            ConfigurationError: pandas is not installed.
        """
        try:
            pandas: Any = importlib.import_module("pandas")
        except ImportError as error:
            raise ConfigurationError("a frame needs pandas, which is missing: pip install pandas") from error
        content = {
            name: [plain(row[name]) if kind is str else row[name] for row in self.rows]
            for name, kind in self.columns.items()
        }
        return pandas.DataFrame(content, columns=list(self.columns))

    def _repr_html_(self) -> str:
        """Return the rows as HTML, with the columns that any row has set."""
        names = self._set_columns()
        head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
        lines = ["".join(f"<td>{_cell(row[name])}</td>" for name in names) for row in self.rows]
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _set_columns(self) -> list[str]:
        return [name for name in self.columns if any(row[name] is not None for row in self.rows)]


def table(values: Iterable[attrs.AttrsInstance] | Mapping[Any, attrs.AttrsInstance]) -> Table:
    """
    Return values of one kind (positions, fills, prices, ...) as a table.

    Fields that hold further values, and the venue's own object, are left out. Of a mapping, its values are taken.
    Without a value there is no column.

    Raises:
        TypeError: the values are of several kinds, or no values of venuekit.
    """
    content = [*(values.values() if isinstance(values, Mapping) else values)]
    kinds = {type(value) for value in content}
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise TypeError(f"a table has values of one kind, not {names}: make a table of each")
    for kind in kinds:
        if not attrs.has(kind):
            raise TypeError(f"a table is made of values such as positions, not of {kind.__name__}")
        columns = {name: of for name, of in columns_of(kind).items() if name in attrs.fields_dict(kind)}
        rows = (row_of(value) for value in content)
        return Table(columns, tuple({name: row.get(name) for name in columns} for row in rows))
    return Table({}, ())


def _cell(value: Any) -> str:
    return "" if value is None else html.escape(str(plain(value)))
