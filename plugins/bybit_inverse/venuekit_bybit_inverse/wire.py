"""The common forms of Bybit's rows: the spelling of names, legs, and pages behind a cursor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

import attrs

from venuekit.capabilities import PositionSide
from venuekit.parts.columns import text
from venuekit.parts.rows import Document, Reads
from venuekit.plugin import payload_decoder

V = TypeVar("V")
R_co = TypeVar("R_co", covariant=True)

#: one inverse contract is one US dollar, whatever its symbol
CONTRACT_SIZE = Decimal(1)
#: the names that most lists give to their rows and to the cursor of the next page
PAGE: Mapping[str, str] = {"rows": "list", "cursor": "nextPageCursor"}


class Page(Protocol[R_co]):
    """One page of rows; the cursor asks for the next one, None or empty when there is none."""

    @property
    def rows(self) -> Sequence[R_co]:
        """The rows of this page."""

    @property
    def cursor(self) -> str | None:
        """Where the next page begins."""


@attrs.frozen
class PageEnd:
    """The end of a page: where the next one begins, None where there is none."""

    cursor: str | None = None


PAGE_END = Reads(PageEnd, within=("result",), is_single=True, cursor=text("nextPageCursor", may_be_blank=True))


@attrs.frozen(eq=False)
class ListedPage(Generic[V]):
    """A page of values."""

    rows: tuple[V, ...]
    cursor: str | None


def page_decoder(rows: Reads[V]) -> Callable[[bytes], ListedPage[V]]:
    """Return the decoder of a page whose rows become values when it is read."""
    return Document(lambda rows, end: ListedPage(rows.values(), end.values()[0].cursor), rows=rows, end=PAGE_END)


_LEGS = (PositionSide.BOTH, PositionSide.LONG, PositionSide.SHORT)


def position_side_of(index: int | None) -> PositionSide:
    """Return the leg of a ``positionIdx``; inverse contracts of a unified account have one, whatever the number."""
    return _LEGS[index] if index is not None and 0 <= index < len(_LEGS) else PositionSide.BOTH


def names(kind: type, **exceptions: str) -> Mapping[str, str]:
    """Return attribute to JSON name: the venue's camel case for our underscores."""
    found = {}
    for attribute in attrs.fields(kind):
        first, *rest = attribute.name.split("_")
        found[attribute.name] = exceptions.get(attribute.name, first + "".join(word.capitalize() for word in rest))
    return found


def wire_page(row: type[V], *within: type, rows: str = "list") -> Callable[[bytes], ListedPage[V]]:
    """Return the decoder of a page of wire rows; ``within`` are classes within a row, ``rows`` names the list."""
    renames = {kind: names(kind) for kind in (row, *within)} | {ListedPage: {**PAGE, "rows": rows}}
    shape: type[ListedPage[V]] = ListedPage[row]  # type: ignore[valid-type]  # mypy takes it for an annotation
    return payload_decoder(shape, renames=renames, within=("result",))


def wire_row(row: type[V]) -> Callable[[bytes], V]:
    """Return the decoder of an answer whose result is one wire row."""
    return payload_decoder(row, renames={row: names(row)}, within=("result",))
