"""The common forms of Bybit's requests and rows: parameters, the spelling of names, legs, and pages behind a cursor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Generic, TypeVar

import attrs

from venuekit.capabilities import PositionSide
from venuekit.parts.columns import text
from venuekit.parts.rows import Document, Reads, Rows
from venuekit.plugin import Kind, Parameter, Role, payload_decoder

V = TypeVar("V")

#: one inverse contract is one US dollar, whatever its symbol
CONTRACT_SIZE = Decimal(1)

#: the product line this venue is about
CATEGORY = "inverse"

INVERSE = Parameter("category", required=True, choices=frozenset({CATEGORY}))
# The margin mode is the account's over all products, so the positions and orders of the others can be read too.
ANY_PRODUCT = Parameter("category", required=True, choices=frozenset({CATEGORY, "linear", "option"}))
SYMBOL = Parameter("symbol", role=Role.SYMBOL)
THE_SYMBOL = Parameter("symbol", required=True, role=Role.SYMBOL)
BASE_COIN = Parameter("baseCoin")
SETTLE_COIN = Parameter("settleCoin")
START = Parameter("startTime", Kind.INTEGER, minimum=Decimal(0))
END = Parameter("endTime", Kind.INTEGER, minimum=Decimal(0))
CURSOR = Parameter("cursor")


def limit(most: int) -> Parameter:
    """Return the parameter for the number of rows of a page."""
    return Parameter("limit", Kind.INTEGER, minimum=Decimal(1), maximum=Decimal(most))


@attrs.frozen
class _PageEnd:
    """The end of a page: where the next one begins, None where there is none."""

    cursor: str | None = None


_END = Reads(_PageEnd, within=("result",), is_single=True, cursor=text("nextPageCursor", may_be_blank=True))


@attrs.frozen(eq=False)
class Page(Generic[V]):
    """One page of rows; the cursor asks for the next one, None when there is none."""

    rows: tuple[V, ...]
    cursor: str | None


def page_decoder(rows: Reads[V]) -> Callable[[bytes], Page[V]]:
    """Return the decoder of a page whose rows become values when it is read."""
    return Document(lambda rows, end: Page(rows.values(), end.values()[0].cursor), rows=rows, end=_END)


@attrs.frozen(eq=False)
class RowsPage(Generic[V]):
    """A page of which values are made later."""

    rows: Rows[V]
    end: Rows[_PageEnd]

    @property
    def cursor(self) -> str | None:
        """Where the next page begins, None where there is none."""
        return self.end.values()[0].cursor


def rows_page(rows: Reads[V]) -> Callable[[bytes], RowsPage[V]]:
    """Return the decoder of a page of which values are made later."""
    return Document(RowsPage, rows=rows, end=_END)


_LEGS = (PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT)


def position_side_of(index: int | None) -> PositionSide:
    """Return the leg of a ``positionIdx``; inverse contracts of a unified account have one, whatever the number."""
    return _LEGS[index] if index is not None and 0 <= index < len(_LEGS) else PositionSide.BOTH


def _names(kind: type) -> Mapping[str, str]:
    """Return attribute to JSON name: the venue's camel case for our underscores."""
    found = {}
    for attribute in attrs.fields(kind):
        first, *rest = attribute.name.split("_")
        found[attribute.name] = first + "".join(word.capitalize() for word in rest)
    return found


def wire_page(row: type[V], *within: type, rows: str = "list") -> Callable[[bytes], Page[V]]:
    """Return the decoder of a page of wire rows; ``within`` are classes within a row, ``rows`` names the list."""
    renames = {kind: _names(kind) for kind in (row, *within)} | {Page: {"rows": rows, "cursor": "nextPageCursor"}}
    shape: type[Page[V]] = Page[row]  # type: ignore[valid-type]  # mypy takes it for an annotation
    return payload_decoder(shape, renames=renames, within=("result",))


def wire_row(row: type[V], **names: str) -> Callable[[bytes], V]:
    """Return the decoder of an answer whose result is one wire row; ``names`` are those that are no camel case."""
    return payload_decoder(row, renames={row: {**_names(row), **names}}, within=("result",))
