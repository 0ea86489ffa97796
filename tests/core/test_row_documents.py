"""Documents: several declarations read one answer, the same rows among them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import Balance
from venuekit.errors import PayloadMismatch
from venuekit.parts.columns import number, text
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


def test_two_declarations_read_the_same_rows() -> None:
    """Each has its own columns of them; columns that they share are read in one way."""
    other = Reads(Movement, within=("rows",), id=text("a"), size=number("w"), owed=number("change", may_be_blank=True))
    wallets = Reads(Balance, within=("rows",), asset=text("a"), wallet=number("w"))
    both: Document[dict[str, Any]] = Document(dict, wallets=wallets, others=other)
    for number_ in ('"2"', "2"):  # a JSON number takes the second reader
        body = f'{{"rows": [{{"a": "ETH", "w": {number_}, "change": "-1"}}, {{"a": "BTC", "w": "3"}}]}}'.encode()
        rows = both(body)
        assert [(one.asset, one.wallet) for one in rows["wallets"].values()] == [("ETH", D(2)), ("BTC", D(3))]
        assert [(one.id, one.owed) for one in rows["others"].values()] == [("ETH", D(-1)), ("BTC", None)]
    with pytest.raises(TypeError, match="column w is read as something else"):
        Document(dict, a=wallets, b=Reads(Balance, within=("rows",), asset=text("w")))
    with pytest.raises(TypeError, match="read as another kind of rows"):
        Document(dict, a=wallets, b=Reads(Balance, within=("rows",), may_be_absent=True, asset=text("a")))
