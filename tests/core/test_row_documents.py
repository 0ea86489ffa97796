"""Documents: several declarations read one answer, the same rows among them, and rows that may be absent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import Balance
from venuekit.errors import PayloadMismatch
from venuekit.parts.columns import Joined, number, text
from venuekit.parts.rows import Document, Reads

D = Decimal
NOW = datetime(2026, 11, 28, tzinfo=UTC)


@attrs.frozen
class Movement:
    """A value of the same rows as a balance."""

    id: str
    size: Decimal
    owed: Decimal | None = None


def test_several_declarations_read_one_answer() -> None:
    """An object, lists at several depths, and the first item of a list."""
    below = b'"deep": {"rows": [{"a": "BTC", "w": "1"}]}, "list": [{"coin": [{"a": "ETH", "w": "2"}]}]'
    body = b'{"asset": "all", "w": "7", ' + below + b"}"
    reads: Document[dict[str, Any]] = Document(
        dict,
        total=Reads(Balance, is_single=True, asset=text("asset"), wallet=number("w")),
        deep=Reads(Balance, within=("deep", "rows"), asset=text("a"), wallet=number("w")),
        coins=Reads(Balance, within=("list", 0, "coin"), asset=text("a"), wallet=number("w")),
    )
    for text_ in (body, body.replace(b'"7"', b"7")):  # a JSON number takes the second reader
        document = reads(text_)
        told = {name: [(one.asset, one.wallet) for one in rows.values()] for name, rows in document.items()}
        assert told == {"total": [("all", D(7))], "deep": [("BTC", D(1))], "coins": [("ETH", D(2))]}
    with pytest.raises(PayloadMismatch, match=r"list\[0\]: missing"):
        reads(b'{"asset": "all", "w": "7", "deep": {"rows": []}, "list": []}')
    with pytest.raises(PayloadMismatch, match=r"deep.rows\[0\].w: expected a decimal number"):
        reads(body.replace(b'"1"', b"true"))


WALLETS: Document[dict[str, Any]] = Document(
    dict,
    total=Reads(
        Balance, within=("a", "total"), is_single=True, may_be_absent=True, asset=text("a"), wallet=number("w")
    ),
    rows=Reads(
        Balance,
        within=("a", "rows"),
        may_be_absent=True,
        key="asset",
        given=("updated_at",),
        asset=text("a"),
        wallet=number("w"),
        account_alias=Joined(),
    ),
)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ("", []),
        (', "rows": null', []),
        (', "rows": []', []),
        (', "rows": [{"a": "ETH", "w": "2"}]', [("ETH", D(2))]),
        (', "rows": [{"a": "ETH", "w": 2}]', [("ETH", D(2))]),  # a JSON number takes the second reader
        (', "total": {"a": "all", "w": "3"}', [("all", D(3))]),
        (', "total": {"a": "all", "w": 3}, "rows": null', [("all", D(3))]),
    ],
)
def test_rows_that_may_be_absent_are_none_there(rows: str, found: list[tuple[str, Decimal]]) -> None:
    """A list or an object that is missing or null has no row, for both readers, and with the venue's own objects."""
    body = f'{{"a": {{"m": "x"{rows}}}}}'.encode()
    for raw in (None, json.loads(body)):
        parts = WALLETS.values(body, raw=raw, joined={"ETH": "alias"}, updated_at=NOW, received_at=NOW)
        values = [value for part in parts for value in part]
        assert [(value.asset, value.wallet) for value in values] == found
        assert [value.account_alias for value in parts[1]] == ["alias"] * len(parts[1])
        assert {value.received_at for value in values} <= {NOW}
        assert {value.updated_at for value in parts[1]} <= {NOW}
        assert [value.raw["a"] if value.raw else None for value in values] == [raw and name for name, _ in found]
    decoded = WALLETS(body)
    assert [value.asset for part in decoded.values() for value in part.values()] == [name for name, _ in found]


def test_two_declarations_read_the_same_rows() -> None:
    """Each has its own columns of them; columns that they share are read in one way."""
    other = Reads(Movement, within=("rows",), id=text("a"), size=number("w"), owed=number("change", may_be_blank=True))
    wallets = Reads(Balance, within=("rows",), asset=text("a"), wallet=number("w"))
    both: Document[dict[str, Any]] = Document(dict, wallets=wallets, others=other)
    for number_ in ('"2"', "2"):  # a JSON number takes the second reader
        body = f'{{"rows": [{{"a": "ETH", "w": {number_}, "change": "-1"}}, {{"a": "BTC", "w": "3"}}]}}'.encode()
        first, second = both.values(body, received_at=NOW)
        assert [(one.asset, one.wallet) for one in first] == [("ETH", D(2)), ("BTC", D(3))]
        assert [(one.id, one.size, one.owed) for one in second] == [("ETH", D(2), D(-1)), ("BTC", D(3), None)]
    blank = Reads(Movement, within=("rows",), id=text("a"), size=number("c"), owed=number("w", may_be_blank=True))
    needed = Reads(Movement, within=("rows",), id=text("a"), size=number("w"))
    mixed: Document[dict[str, Any]] = Document(dict, blank=blank, needed=needed)
    (thing,), _ = mixed.values(b'{"rows": [{"a": "ETH", "w": "2", "c": "1"}]}', received_at=NOW)
    assert thing.owed == 2
    with pytest.raises(PayloadMismatch, match=r"rows\[0\].w: missing"):  # one of them needs it
        mixed.values(b'{"rows": [{"a": "ETH", "c": "1"}]}', received_at=NOW)
    with pytest.raises(TypeError, match="column w is read as something else"):
        Document(dict, a=wallets, b=Reads(Balance, within=("rows",), asset=text("w")))
    with pytest.raises(TypeError, match="read as another kind of rows"):
        Document(dict, a=wallets, b=Reads(Balance, within=("rows",), may_be_absent=True, asset=text("a")))


def test_what_is_around_absent_rows_may_not_be_absent() -> None:
    """The message names the field, whichever reader finds it."""
    for body in (b"{}", b'{"a": [], "b": 1}'):
        with pytest.raises(PayloadMismatch, match=r": a: "):
            WALLETS.values(body, received_at=NOW)
    with pytest.raises(PayloadMismatch, match=r"a.rows\[0\].w: expected a decimal number, got true"):
        WALLETS.values(b'{"a": {"rows": [{"a": "ETH", "w": true}]}}', received_at=NOW)
    with pytest.raises(PayloadMismatch, match=r"a.rows: expected a list"):
        WALLETS.values(b'{"a": {"rows": {}}}', received_at=NOW)
