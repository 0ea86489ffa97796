"""An answer is compared with its question by what it repeats of it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import SimpleNamespace as Row
from typing import Any

import pytest

from venuekit.echoes import Check, Echoes, OtherAnswer, check_of
from venuekit.endpoint import Endpoint
from venuekit.parameters import Parameter


def _ids(question: Mapping[str, Any]) -> list[str]:
    return [question["id"]] if "id" in question else []


def check(*echoes: Echoes, within: str | None = None) -> Check:
    found = check_of(echoes, within=within, ids=_ids)
    assert found is not None
    return found


ORDER = Echoes({"symbol": "symbol", "id": "client_id", "price": "price", "hedged": "hedged"})


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ({"symbol": "AB"}, {"symbol": "ab"}),
        ({"price": Decimal("1.50")}, {"price": Decimal("1.5")}),
        ({"price": Decimal("1.50")}, {"price": "1.5"}),
        ({"price": "1.5"}, {"price": Decimal("1.50")}),
        ({"price": Decimal("0.1")}, {"price": Decimal("0.1000000000000000055511151231257827")}),
        ({"hedged": True}, {"hedged": "true"}),
        ({"hedged": "False"}, {"hedged": False}),
        ({"client_id": "a"}, {"id": "a"}),
    ],
)
def test_same_in_other_words_is_the_same(told: dict[str, Any], asked: dict[str, Any]) -> None:
    """Case, zeros, JSON's doubles and texts of numbers make no difference."""
    row = Row(**{"symbol": None, "client_id": None, "price": None, "hedged": None, **told})

    assert check(ORDER)(row, asked)


@pytest.mark.parametrize(
    ("told", "asked", "words"),
    [
        ({"symbol": "AB"}, {"symbol": "CD"}, "symbol is AB, and CD was sent"),
        ({"client_id": "A"}, {"id": "a"}, "id is A, and a was sent"),
        ({"price": Decimal(2)}, {"price": Decimal("2.1")}, "price is 2, and 2.1 was sent"),
        ({"price": "none"}, {"price": Decimal(1)}, "price is none"),
        ({"hedged": True}, {"hedged": False}, "hedged is True, and False"),
    ],
)
def test_other_values_are_told(told: dict[str, Any], asked: dict[str, Any], words: str) -> None:
    """The text names the field, what was told and what was asked for; ids differ by case."""
    row = Row(**{"symbol": None, "client_id": None, "price": None, "hedged": None, **told})

    with pytest.raises(OtherAnswer, match=words):
        check(ORDER)(row, asked)


def test_what_was_not_asked_or_not_told_is_not_compared() -> None:
    """It makes no alarm, and it proves nothing."""
    row = Row(symbol="", client_id=None, price=Decimal(5), hedged=None)

    assert not check(ORDER)(row, {"symbol": "AB", "id": "a"})
    assert check(ORDER)(row, {"symbol": "AB", "price": 5})


def test_every_row_must_repeat_it() -> None:
    """One row of another symbol is enough; an answer without rows proves nothing."""
    of_page = check(Echoes.each({"symbol": "symbol"}, "rows"))

    assert of_page(Row(rows=(Row(symbol="AB"), Row(symbol="AB"))), {"symbol": "AB"})
    assert not of_page(Row(rows=()), {"symbol": "AB"})
    assert not of_page(Row(rows=(Row(symbol="CD"),)), {})
    with pytest.raises(OtherAnswer):
        of_page(Row(rows=(Row(symbol="AB"), Row(symbol="CD"))), {"symbol": "AB"})


def test_batch_is_compared_item_by_item() -> None:
    """In their order, by what is told of each; one that was refused tells nothing."""
    batch = check(Echoes.of_items("orders", {"id": "client_id"}, told="row"), within="answer")
    rows = [Row(row=Row(client_id="a")), Row(row=None), Row(row=Row(client_id="c"))]
    asked = {"orders": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}

    assert batch(Row(answer=rows), asked)
    assert not batch(Row(answer=rows), {})
    with pytest.raises(OtherAnswer, match="id is c, and a was"):
        batch(Row(answer=rows[::-1]), asked)
    with pytest.raises(OtherAnswer, match="2 items, and 3 were sent"):
        batch(Row(answer=rows[:2]), asked)


def test_items_may_be_bare_ids() -> None:
    """Two lists, of which one is sent."""
    batch = check(
        Echoes.of_items("numbers", {"": "number"}, told="row"), Echoes.of_items("names", {"": "name"}, told="row")
    )
    rows = [Row(row=Row(number=1, name="a")), Row(row=Row(number=2, name="b"))]

    assert batch(rows, {"numbers": [1, 2]})
    assert batch(rows, {"names": ["a", "b"]})
    with pytest.raises(OtherAnswer):
        batch(rows, {"names": ["b", "a"]})


def test_parameter_that_is_not_declared_is_refused_at_import() -> None:
    """A typo in a declaration does not wait for the first answer."""
    with pytest.raises(ValueError, match=r"GET /x: it echoes parameters that it does not have: \['symbl'\]"):
        Endpoint("GET", "/x", decode=bytes, parameters=(Parameter("symbol"),), echoes=Echoes({"symbl": "symbol"}))
