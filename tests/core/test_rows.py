"""Rows become values by declaration: two readers, one rule, and errors that name row and field."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.capabilities import Balance, OpenEnum, Position, Unit
from venuekit.errors import PayloadMismatch
from venuekit.parts.columns import (
    Column,
    Joined,
    Same,
    beside,
    derived,
    flag,
    identifier,
    iso,
    milliseconds,
    minor,
    number,
    only_when,
    price,
    rename,
    signed,
    text,
    whole,
    words,
)
from venuekit.parts.messages import Message
from venuekit.parts.rows import Reads, Rows

D = Decimal


class Kind(OpenEnum):
    """Kinds of a thing."""

    RED = "red"


@attrs.frozen
class Thing:
    """A value of every kind of column."""

    id: str
    size: Decimal
    owed: Decimal | None = None
    limit: Decimal | None = None
    sum: Decimal | None = None
    name: str | None = None
    count: int | None = None
    is_fine: bool | None = None
    at: datetime | None = None
    told_at: datetime | None = None
    made_at: datetime | None = None
    cents: Decimal | None = None
    kind: Kind | None = None
    side: str | None = None
    color: str | None = None
    red_name: str | None = None
    unit: Unit = Unit.BASE
    as_of: datetime | None = None
    raw: Any = attrs.field(default=None, eq=False)


RED = Kind.RED
THINGS = Reads(
    Thing,
    key="id",
    given=("unit",),
    id=identifier("id"),
    size=signed("size", side="side", positive="Buy", negative="Sell"),
    owed=number("owed"),
    limit=price("limit", may_be_blank=True),
    sum=derived(lambda owed, limit: owed if limit is None else (owed or 0) + limit, number("owed"), Same("limit")),
    name=text("name"),
    count=whole("count"),
    is_fine=flag("fine"),
    at=milliseconds("at"),
    told_at=milliseconds("toldAt", as_text=True),
    made_at=iso("madeAt", may_be_blank=True),
    cents=minor("cents", 2),
    kind=words("kind", {"r": RED}, unknown=Kind),
    side=words("way", {"up": "UP", "down": "DOWN"}, may_be_blank=True),
    color=Joined("color"),
    red_name=only_when(text("name"), "kind", RED),
)
MESSAGE = Message(THINGS)
USUAL: dict[str, Any] = {
    "id": 7,
    "size": "1.50",
    "side": "Sell",
    "owed": "0.30",
    "limit": "0",
    "name": "seven",
    "count": 3,
    "fine": True,
    "at": 1_700_000_000_123,
    "toldAt": "1700000000123",
    "madeAt": "2026-11-28T12:00:00.5+01:00",
    "cents": 1999,
    "kind": "r",
    "way": "up",
}
NOW = datetime(2026, 11, 28, tzinfo=UTC)
ODD: tuple[Any, ...] = (
    *(None, True, False, [], {}, "", "abc", "null", "NaN", "sNaN", "Infinity", "-Infinity", "INF", "0x10", "0", "-0"),
    *(
        "0_0",
        "1_000",
        " 1",
        "1\n",
        "\u0661",
        "1.2.3",
        "-",
        "--1",
        "1-2",
        ".",
        "1.",
        ".5",
        "9" * 30,
        "9" * 31,
        "9" * 5000,
    ),
    *("1E+999999999", "0E+999999999", "1e-999", "1e30", "1e5", "0." + "0" * 27 + "1", "0." + "0" * 40 + "1"),
    *(0, -1, 1, 1.5, 2**31, 2**62, 2**63, 2**64, 10**40, 4_294_967_296_000, 253_402_300_799_999, 253_402_300_800_000),
    *("-1", "253402300800000", "4294967296000", "Buy", "Sell", "r", "blue", "up", "2026-11-28T00:00:00Z", "2026-11-28"),
)


def body_of(*rows: Any) -> bytes:
    """Return a body of rows."""
    return json.dumps(rows).encode()


def by_second_reader(reads: Reads[Any], body: bytes) -> Rows[Any]:
    """Return the rows of a body as the second reader reads them."""
    return reads(body)._reread()


def as_message(body: bytes, **given: Any) -> tuple[Any, ...]:
    """Return the values of a body that is read as a message."""
    return tuple(MESSAGE.values(body, **given))


def outcome(read: Callable[[], Any]) -> Any:
    """Return the values, or the sentence that refuses them."""
    try:
        return read()
    except PayloadMismatch as mismatch:
        return mismatch.message


def test_every_kind_of_column_reaches_its_field() -> None:
    """Each has its sign, unit and type."""

    class Paint:
        color = "crimson"

    body = body_of(USUAL)
    details: dict[str, Any] = {"joined": {"7": Paint}, "unit": Unit.QUOTE, "as_of": NOW}
    for (thing,) in (
        THINGS(body).values(**details),
        by_second_reader(THINGS, body).values(**details),
        as_message(body, **details),
    ):
        assert thing == Thing(
            id="7",
            size=D("-1.50"),
            owed=D("0.30"),
            limit=None,
            sum=D("0.30"),
            name="seven",
            count=3,
            is_fine=True,
            at=datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC),
            told_at=datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC),
            made_at=datetime(2026, 11, 28, 11, 0, 0, 500_000, tzinfo=UTC),
            cents=D("19.99"),
            kind=RED,
            side="UP",
            color="crimson",
            red_name="seven",
            unit=Unit.QUOTE,
            as_of=NOW,
        )
        assert (str(thing.size), str(thing.owed), str(thing.cents)) == ("-1.50", "0.30", "19.99")


@given(st.lists(st.dictionaries(st.sampled_from([*USUAL]), st.sampled_from(ODD), max_size=3), max_size=3), st.data())
def test_all_readers_agree_or_refuse(changes: list[dict[str, Any]], data: st.DataObject) -> None:
    """Whatever a row holds: what the quick ones take the second one takes, with the same values."""
    rows = [{**USUAL, **change} for change in changes]
    for row in rows:
        for name in data.draw(st.sets(st.sampled_from([*USUAL]), max_size=1)):
            del row[name]
    body = body_of(*rows)
    quick = outcome(lambda: THINGS(body).values(as_of=NOW))
    careful = outcome(lambda: by_second_reader(THINGS, body).values(as_of=NOW))
    message = outcome(lambda: as_message(body, as_of=NOW))
    assert quick == careful == message
    assert repr(quick) == repr(careful) == repr(message)  # to the last digit


@given(st.text(st.sampled_from("0123456789.-+eE_ nNaAiIfF"), max_size=34), st.booleans())
def test_a_number_is_one_by_one_rule(written: str, is_json_number: bool) -> None:
    """By both readers, in exactly the digits that are written."""
    body = b'[{"asset": "BTC", "wallet": %s}]' % (written.encode() if is_json_number else json.dumps(written).encode())
    reads = Reads(Balance, asset=text("asset"), wallet=number("wallet"))
    try:
        rows = reads(body)
    except (PayloadMismatch, ValueError):
        return
    quick = outcome(lambda: [str(one.wallet) for one in rows.values()])
    careful = outcome(lambda: [str(one.wallet) for one in rows._reread().values()])
    assert quick == careful


@pytest.mark.parametrize(
    ("change", "words_"),
    [
        ({"size": "1_000"}, r"\[1\].size: expected a decimal number, got '1_000'"),
        ({"size": "1.2.3"}, r"\[1\].size: expected a decimal number, got '1.2.3'"),
        ({"side": "Short"}, r"\[1\]: expected Buy or Sell beside a size of 1.50, got 'Short'"),
        ({"way": "sideways"}, r"\[1\].way: expected one of 'up', 'down', got 'sideways'"),
        ({"toldAt": "253402300800000"}, r"\[1\].toldAt: expected a time in milliseconds, got '253402300800000'"),
        ({"madeAt": "2026-11-28"}, r"\[1\].madeAt: expected a time in ISO 8601 with its offset, got '2026-11-28'"),
        ({"count": "many"}, r"\[1\].count: expected a whole number, got 'many'"),
    ],
)
def test_an_error_names_row_and_field(change: dict[str, Any], words_: str) -> None:
    """By the venue's own names, also where the quick reader had taken the row; no traceback holds the rows."""
    with pytest.raises(PayloadMismatch, match=words_) as caught:
        THINGS(body_of(USUAL, {**USUAL, **change})).values()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or "seven" not in "".join(
        traceback.format_exception(caught.value.__context__)
    )


def test_an_undeclared_blank_is_read_all_the_same() -> None:
    """It takes the second reader, and is None."""
    (thing,) = THINGS(body_of({**USUAL, "owed": "", "name": None, "count": "12", "cents": ""})).values()
    assert (thing.owed, thing.name, thing.count, thing.cents) == (None, None, 12, None)


def test_times_beyond_a_float_are_exact() -> None:
    """The second reader takes them."""
    moment = 253_402_300_799_999
    (thing,) = THINGS(body_of({**USUAL, "at": moment, "toldAt": str(moment)})).values()
    assert thing.at == thing.told_at == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment)


@given(st.integers(1, 2**32 * 1000 - 1))
def test_a_time_is_exact_to_the_millisecond(moment: int) -> None:
    """As far as the quick reader takes times, written as a number or as text."""
    body = body_of({**USUAL, "at": moment, "toldAt": str(moment)})
    for (thing,) in (THINGS(body).values(), as_message(body)):
        assert thing.at == thing.told_at == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment)
        assert thing.at is not None
        assert thing.at.tzinfo is UTC


def test_a_constant_is_there_with_the_field_beside_it() -> None:
    """By both readers: the unit of an amount is None where the amount is."""
    reads = Reads(
        Thing, id=text("id"), size=number("size"), owed=number("owed", may_be_blank=True), side=beside("owed", "us")
    )
    body = body_of(
        {"id": "a", "size": "1", "owed": "0"}, {"id": "b", "size": "1", "owed": ""}, {"id": "c", "size": "1"}
    )
    for rows in (reads(body), by_second_reader(reads, body)):
        assert [thing.side for thing in rows.values()] == ["us", None, None]
    assert reads.columns["side"] == ()
    with pytest.raises(TypeError, match="side refers to owed, which is not declared before it"):
        Reads(Thing, id=text("id"), size=number("size"), side=beside("owed", "us"), owed=number("owed"))


def test_rows_are_chosen_before_values_are_made() -> None:
    """By key, or those that are not flat; each keeps its own raw object."""
    reads = Reads(Balance, key="asset", flat="wallet", asset=text("a"), wallet=number("w"))
    documents = [
        {"a": "BTC", "w": "0.000"},
        {"a": "ETH", "w": "1"},
        {"a": "XRP", "w": "0.0000000000"},
        {"a": "ADA", "w": "-2"},
    ]
    answer: Any = attrs.make_class("Answer", ["raw", "as_of", "received_at"])(documents, NOW, NOW)
    for rows in (reads(body_of(*documents)), by_second_reader(reads, body_of(*documents))):
        held = rows.without_flat()
        assert held.keys == ["ETH", "ADA"]
        assert [(one.raw or {})["w"] for one in held.values(answer)] == ["1", "-2"]
        assert [one.asset for one in held.of({"ADA", "BTC"}).values()] == ["ADA"]
        assert [(one.raw or {})["a"] for one in held.of({"ADA", "BTC"}).values(answer)] == ["ADA"]
        assert (len(rows), rows.column("a")) == (4, ["BTC", "ETH", "XRP", "ADA"])


@pytest.mark.parametrize("odd", ["-", "0_0", "0.0.0", "NaN", "0E+999999999"])
def test_a_size_that_is_no_number_is_not_flat(odd: str) -> None:
    """It is found out about, not left out in silence."""
    reads = Reads(Balance, key="asset", flat="wallet", asset=text("a"), wallet=number("w"))
    with pytest.raises(PayloadMismatch, match=r"\[0\].w: expected a decimal number"):
        reads(body_of({"a": "BTC", "w": odd})).without_flat().values()


@pytest.mark.parametrize("body", [b"<html>", b"", b"[" * 100_000, b'[{"id"', b"\xff"])
def test_what_is_no_json_is_a_value_error(body: bytes) -> None:
    """As for every decoder."""
    with pytest.raises(ValueError):  # noqa: PT011  (its words are the parser's)
        THINGS(body)


@pytest.mark.parametrize(
    ("fields", "words_"),
    [
        ({"entry_prize": number("e")}, "Position has no attribute entry_prize"),
        ({"side": None}, "Position needs side"),
        (
            {"mark_price": number("m"), "entry_price": price("m", may_be_blank=True)},
            "column m is read as something else",
        ),
        ({"value": Same("notional"), "notional": number("n")}, "refers to notional, which is not declared before it"),
        ({"leverage": Joined("leverage")}, "Position.leverage is joined, and there is no key"),
        ({"key": "settle"}, "Position.settle is read from no column"),
        ({"mark_price": number("x"), "unread": ("x",)}, "column x is read as something else"),
        ({"given": ("colour",)}, "Position has no attribute colour"),
        ({"may_be_absent": True}, "Position may be absent only behind the name of a field"),
    ],
)
def test_a_mistake_in_a_declaration_is_a_type_error(fields: dict[str, Any], words_: str) -> None:
    """When the declaration is made, not when an answer arrives."""
    usual = {
        "symbol": text("s"),
        "side": "both",
        "quantity": number("q"),
        "contract_size": D(1),
        "contract_unit": Unit.BASE,
    }
    chosen = {name: source for name, source in {**usual, **fields}.items() if source is not None}
    with pytest.raises(TypeError, match=words_):
        Reads(Position, **chosen)


def test_a_declaration_tells_which_column_a_field_is_read_from() -> None:
    """For documentation and ``raw``."""
    assert THINGS.columns["sum"] == ("owed",)
    assert THINGS.columns["size"] == ("size", "side")
    assert isinstance(THINGS.sources["owed"], Column)


def test_sources_are_read_from_other_names() -> None:
    """In whatever they are nested; without a column, the fields that need it are left out."""
    names = {"id": "i", "size": "z", "side": "S", "owed": "o", "name": "n", "limit": None, "madeAt": None}
    reads = Reads(Thing, given=("unit",), key="id", **rename(THINGS.sources, names))
    row = {names.get(name) or name: value for name, value in USUAL.items()}
    (thing,), (other,) = (
        reads(body_of(row)).values(),
        THINGS(body_of({**USUAL, "limit": "0", "madeAt": None})).values(),
    )
    assert thing == attrs.evolve(other, limit=None, sum=None)
    assert reads.columns["size"] == ("z", "S")
    with pytest.raises(ValueError, match="no column is named colour"):
        rename(THINGS.sources, {"colour": "c"})


def test_all_values_of_an_answer_are_read_at_once() -> None:
    """Without an answer around them: fields that calls give keep their defaults, and ``raw`` is None."""
    first, second = THINGS(body_of(USUAL, {**USUAL, "id": 8})).values()
    assert THINGS.read_all(body_of(USUAL, {**USUAL, "id": 8})) == (first, second)
    assert first.raw is None


def test_a_value_that_cannot_be_made_is_found_when_all_are_read() -> None:
    """The decoder of an endpoint leaves no fault to a later time."""
    with pytest.raises(PayloadMismatch, match="size"):
        THINGS.read_all(body_of({**USUAL, "side": "Sideways"}))
