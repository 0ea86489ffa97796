"""The fields of an answer that are read, found by changing them."""

from __future__ import annotations

from decimal import Decimal

import attrs

from venuekit.capabilities import Balance
from venuekit.endpoint import Changing
from venuekit.parts.columns import number, text
from venuekit.parts.rows import Document, Reads
from venuekit.payloads import payload_decoder
from venuekit.testing.reading import find_declarations, find_unread

_BALANCES = Reads(Balance, within=("list",), asset=text("coin"), wallet=number("total"))


@attrs.frozen
class _Row:
    coin: str
    total: Decimal


def test_field_that_no_column_reads() -> None:
    """A field that a declaration of rows lacks is unread, in the rows and beside them."""
    body = b'{"code":0,"list":[{"coin":"USD","total":"1.5","locked":"0","tags":[]}]}'
    assert {*find_unread(body, _BALANCES)} == {"code", "list.locked", "list.tags"}


def test_field_that_no_class_has() -> None:
    """So is a field that the class of a decoder lacks."""
    body = b'[{"coin":"USD","total":1.5,"locked":null}]'
    assert [*find_unread(body, payload_decoder(tuple[_Row, ...]))] == ["locked"]


def test_field_that_matters_in_one_row() -> None:
    """A field that matters in rows of one kind alone is read."""

    def read(body: bytes) -> object:
        rows = payload_decoder(tuple[_Row, ...])(body)
        return [row.coin if row.coin == "USD" else (row.coin, row.total) for row in rows]

    body = b'[{"coin":"USD","total":1.5},{"coin":"EUR","total":2}]'
    assert [*find_unread(body, read)] == []


def test_declarations_of_a_decoder() -> None:
    """Declared rows are found in whatever a decoder is made of."""
    document: Document[dict[str, object]] = Document(dict, balances=_BALANCES)
    assert [*find_declarations(Changing(_BALANCES.read_all))] == [_BALANCES]
    assert [*find_declarations(document)] == [_BALANCES]
    assert [*find_declarations(payload_decoder(_Row))] == []
