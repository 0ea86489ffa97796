"""Payloads: what the bytes of an answer become, and what is said when they do not fit."""

from __future__ import annotations

import enum
import json
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit.capabilities import PositionState
from venuekit.errors import OperationError, PayloadMismatch
from venuekit.payloads import WireRow, intern_number, nonzero, payload_decoder, read_json, read_plain


class Margin(enum.StrEnum):
    """A closed enumeration, as a venue writes it."""

    CROSS = "CROSSED"
    ISOLATED = "ISOLATED"


@attrs.frozen
class Leg:
    """A part of a row."""

    size: Decimal
    api_key: str = ""


@attrs.frozen
class Row:
    """A row with every type that a field can have."""

    symbol: str
    entry: Decimal | None
    leverage: int
    margin: Margin
    updated: datetime | None
    state: PositionState | None = None
    automatic: bool = False
    trade_id: str | None = None
    rank: int | None = None
    legs: tuple[Leg, ...] = ()
    hedge: Leg | None = None


@attrs.frozen
class Moment:
    """A time that must be there."""

    at: datetime


@attrs.frozen
class Amount:
    """One number."""

    value: Decimal


@attrs.frozen
class Count:
    """One whole number and one name."""

    value: int
    name: str = "none"


RENAMES = {Row: {"entry": "avgPrice", "margin": "marginType"}, Leg: {"api_key": "apiKey"}}
GOOD = {"symbol": "BTCUSD", "avgPrice": "100.50", "leverage": 5, "marginType": "CROSSED", "updated": 1700000000123}

read_row = payload_decoder(Row, renames=RENAMES)
read_rows = payload_decoder(
    tuple[Row, ...], renames=RENAMES, within=("result", "list"), drop=lambda row: row["leverage"] == 0
)
read_amount = payload_decoder(Amount)
read_amounts = payload_decoder(list[Amount])
read_count = payload_decoder(Count)
read_moment = payload_decoder(Moment)


def _body(value: Any) -> bytes:
    return json.dumps(value).encode()


def _complaint(value: Any) -> str:
    with pytest.raises(PayloadMismatch) as caught:
        read_rows(_body({"result": {"list": value}}))
    return caught.value.message


def test_every_type_of_field_is_read() -> None:
    """One row with every kind of field comes out typed, renamed, and in UTC."""
    row = {**GOOD, "state": "liquidation", "automatic": "true", "trade_id": 7, "rank": "3"}
    value = read_row(_body({**row, "legs": [{"size": 1}, {"size": "2.0"}], "hedge": {"size": "3", "apiKey": "k"}}))
    assert value == Row(
        symbol="BTCUSD",
        entry=Decimal("100.50"),
        leverage=5,
        margin=Margin.CROSS,
        updated=datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC),
        state=PositionState.LIQUIDATION,
        automatic=True,
        trade_id="7",
        rank=3,
        legs=(Leg(Decimal(1)), Leg(Decimal("2.0"))),
        hedge=Leg(Decimal(3), "k"),
    )


def test_absent_fields_take_the_default_or_none() -> None:
    """An absent field takes its attribute's default; one that may be None and has no default becomes None."""
    value = read_row(_body({"symbol": "X", "leverage": 1, "marginType": "ISOLATED"}))
    assert (value.entry, value.updated, value.automatic, value.legs) == (None, None, False, ())


def test_extra_fields_are_ignored() -> None:
    """A field that nobody declared changes nothing, whatever it holds."""
    assert read_row(_body({**GOOD, "brandNew": {"deep": [1.5]}})) == read_row(_body(GOOD))


@pytest.mark.parametrize("nothing", ["", None])
def test_none_is_written_as_empty_text_or_null(nothing: Any) -> None:
    """Empty text and null say "none" wherever None is allowed."""
    row = {**GOOD, "avgPrice": nothing, "state": nothing, "trade_id": nothing, "rank": nothing, "hedge": nothing}
    value = read_row(_body(row))
    assert (value.entry, value.state, value.trade_id, value.rank, value.hedge) == (None,) * 5


@pytest.mark.parametrize("nothing", ["", None, 0, -1, "0", "-1"])
def test_no_time_is_none_or_a_mismatch(nothing: Any) -> None:
    """What says "never" is None where a time may be missing, and a mismatch where it must be there."""
    assert read_row(_body({**GOOD, "updated": nothing})).updated is None
    with pytest.raises(PayloadMismatch, match="at: expected a time in milliseconds"):
        read_moment(_body({"at": nothing}))


@given(st.datetimes(min_value=datetime(1970, 1, 2), timezones=st.just(UTC)))  # noqa: DTZ001  (hypothesis wants it naive)
def test_times_are_exact_to_the_millisecond(instant: datetime) -> None:
    """Milliseconds come out as the same instant, from a number and from text."""
    instant = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
    milliseconds = round((instant - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
    assert read_moment(_body({"at": milliseconds})).at == instant
    assert read_moment(_body({"at": str(milliseconds)})).at == instant


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_decimal_texts_round_trip(number: Decimal) -> None:
    """A Decimal below 1e30 and no finer than 1e-60, written as text, comes back as it was; any other one is refused."""
    text = str(number)
    if len(text) <= 99 and -60 <= number.adjusted() < 30:
        assert str(read_amount(_body({"value": text})).value) == text
        assert str(intern_number(text)) == text
        return
    with pytest.raises(ValueError, match="not a decimal number"):
        intern_number(text)
    for body in (_body({"value": text}), f'{{"value": {text}}}'.encode()):
        with pytest.raises(PayloadMismatch, match=r"value: expected a decimal number|beyond any range"):
            read_amount(body)


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "sNaN",
        "-inf",
        "Infinity",
        "1_000",
        "_1",
        " 1",
        "1 ",
        "1\u00a0",
        "\u0661\u0662",
        "\uff11",
        "1e30",
        "-1E+999999",
        "1E-61",
        "0E+30",
        "0x10",
        "",
        "-",
        ".",
        "1.2.3",
        "--1",
        "1e",
        "True",
        "null",
        "9" * 31,
        "0." + "0" * 100,
    ],
)
def test_texts_that_are_no_numbers_are_refused(text: str) -> None:
    """What Decimal also reads (other digits, underscores, spaces, no number at all, any exponent) is no number here."""
    with pytest.raises(ValueError, match="not a decimal number"):
        intern_number(text)
    with pytest.raises(PayloadMismatch, match="value: expected a decimal number"):
        read_amount(_body({"value": text}))


@pytest.mark.parametrize(
    "text", ["+1", "1e5", "1E-8", "0E-8", ".5", "1.", "-0.0", "007", "9" * 30, "0." + "0" * 59 + "1"]
)
def test_other_ways_to_write_a_number_are_read(text: str) -> None:
    """A sign, an exponent within reason, and a point without digits on one side are ways to write a number."""
    assert intern_number(text) == Decimal(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**25), max_value=10**25, places=12))
def test_json_fractions_never_become_floats(number: Decimal) -> None:
    """A fraction that is a JSON number keeps every digit, trailing zeros too."""
    assert read_amount(f'{{"value": {number:f}}}'.encode()).value.as_tuple() == number.as_tuple()


@given(st.integers(min_value=1 - 10**30, max_value=10**30 - 1))
def test_integers_are_exact(number: int) -> None:
    """Integers beyond 64 bits stay exact, as a number, as text, as a Decimal and inside untyped JSON."""
    body = f'{{"value": {number}, "name": {number}}}'.encode()
    assert read_count(body) == Count(number, str(number))
    assert read_count(f'{{"value": "{number}"}}'.encode()).value == number
    assert read_amount(body).value == number
    assert read_json(body)["value"] == number


@pytest.mark.parametrize(
    "text", ["", "abc", "NaN", "sNaN", "Infinity", "-inf", "1_000", "123_456_789", "0x10", "1,5", "--1"]
)
def test_only_plain_numbers_are_numbers(text: str) -> None:
    """What Decimal would read and no venue writes is refused, in text and by name."""
    with pytest.raises(ValueError, match="not a decimal number"):
        intern_number(text)
    with pytest.raises(PayloadMismatch, match="value: expected a decimal number"):
        read_amount(_body({"value": text}))


def test_numbers_are_shared_and_bounded() -> None:
    """Equal short texts are one object; a flood of different ones does not grow the store without end."""
    assert intern_number("0.00000000") is intern_number("0.00000000")
    for number in range(20_000):
        intern_number(str(number))
    from venuekit.payloads import numbers

    assert len(numbers.SHARED) <= numbers._MOST_SHARED
    assert str(intern_number("0.10")) == "0.10"
    assert str(intern_number("0.1")) == "0.1"


def test_nonzero() -> None:
    """Zero of any precision is None, everything else stays."""
    assert nonzero(Decimal("0.000")) is None
    assert nonzero(None) is None
    assert nonzero(Decimal("-0.1")) == Decimal("-0.1")


@pytest.mark.parametrize(("written", "meant"), [(True, True), (False, False), (1, True), (0, False), ("false", False)])
def test_truths(written: Any, meant: bool) -> None:
    """True and false come as such, as text, and as 1 and 0."""
    assert read_row(_body({**GOOD, "automatic": written})).automatic is meant


def test_unknown_members_of_an_open_enumeration_stay_readable() -> None:
    """A state that nobody knew when this was written is kept as the venue's own word."""
    state = read_row(_body({**GOOD, "state": "Frozen"})).state
    assert isinstance(state, PositionState)
    assert (state.value, state.name) == ("Frozen", "OTHER")


def test_rows_are_dropped_before_they_are_structured() -> None:
    """A dropped row is never looked at: it may lack everything else."""
    assert read_rows(_body({"result": {"list": [{"leverage": 0, "avgPrice": "abc"}, GOOD]}})) == (
        read_row(_body(GOOD)),
    )


def test_lists_and_tuples_keep_their_kind() -> None:
    """A list shape gives a list, a tuple shape a tuple, empty ones too."""
    assert read_amounts(b'[{"value": "1"}]') == [Amount(Decimal(1))]
    assert read_amounts(b"[]") == []
    assert read_rows(b'{"result": {"list": []}}') == ()


def test_stepping_into_a_list() -> None:
    """An index in ``within`` steps into a list, and a list that is too short is named."""
    first = payload_decoder(Amount, within=("list", 0))
    assert first(b'{"list": [{"value": "2"}]}') == Amount(Decimal(2))
    with pytest.raises(PayloadMismatch, match=r"list\[0\]: missing"):
        first(b'{"list": []}')
    with pytest.raises(PayloadMismatch, match=r"list: expected a list, got 'ab'"):
        first(b'{"list": "ab"}')


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({**GOOD, "avgPrice": "abc"}, "result.list[1].avgPrice: expected a decimal number, got 'abc'"),
        ({**GOOD, "avgPrice": True}, "result.list[1].avgPrice: expected a decimal number, got true"),
        ({**GOOD, "leverage": "ten"}, "result.list[1].leverage: expected a whole number, got 'ten'"),
        ({**GOOD, "leverage": 1.5}, "result.list[1].leverage: expected a whole number, got 1.5"),
        ({**GOOD, "symbol": None}, "result.list[1].symbol: expected text, got null"),
        ({**GOOD, "automatic": "yes"}, "result.list[1].automatic: expected true or false, got 'yes'"),
        ({**GOOD, "automatic": []}, "result.list[1].automatic: expected true or false, got a list"),
        ({**GOOD, "marginType": "X"}, "result.list[1].marginType: expected one of 'CROSSED', 'ISOLATED', got 'X'"),
        ({**GOOD, "updated": 10**20}, "result.list[1].updated: expected a time in milliseconds, got 1" + "0" * 20),
        ({**GOOD, "legs": {}}, "result.list[1].legs: expected a list, got an object"),
        ({**GOOD, "legs": [{"size": "1"}, {}]}, "result.list[1].legs[1].size: missing"),
        ({**GOOD, "legs": [[]]}, "result.list[1].legs[0]: expected an object, got a list"),
        ({**GOOD, "hedge": {"size": {}}}, "result.list[1].hedge.size: expected a decimal number, got an object"),
        ({"avgPrice": "1"}, "result.list[1].symbol: missing"),
        ({"leverage": 1, "symbol": "A"}, "result.list[1].marginType: missing"),
        (7, "result.list[1]: expected an object, got 7"),
    ],
)
def test_the_first_wrong_field_is_named(row: Any, complaint: str) -> None:
    """The message names the field by the venue's path, what was expected and what came; the row keeps its index."""
    assert _complaint([{"leverage": 0}, row, {"leverage": "also wrong"}]) == complaint


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"[]", "the answer: expected an object, got a list"),
        (b"null", "the answer: expected an object, got null"),
        (b"{}", "result: missing"),
        (b'{"result": null}', "result: expected an object, got null"),
        (b'{"result": {}}', "result.list: missing"),
        (b'{"result": {"list": {}}}', "result.list: expected a list, got an object"),
    ],
)
def test_the_wrong_envelope_is_named(body: bytes, complaint: str) -> None:
    """An answer that does not lead to the rows says where the way ends."""
    with pytest.raises(PayloadMismatch) as caught:
        read_rows(body)
    assert caught.value.message == complaint
    assert isinstance(caught.value, OperationError)


def test_a_row_that_cannot_be_decided_on_is_named() -> None:
    """A row that ``drop`` cannot read, and the shape does not need, is a mismatch as well, not a raw KeyError."""
    read = payload_decoder(list[Amount], drop=lambda row: int(row["count"]) == 0)
    with pytest.raises(PayloadMismatch, match=r"\[0\]\.count: missing"):
        read(b'[{"value": 1}]')
    with pytest.raises(PayloadMismatch, match=r"\[1\]: cannot be used \(ValueError\)"):
        read(b'[{"value": 1, "count": "0"}, {"value": 1, "count": "x"}]')


@pytest.mark.parametrize("body", [b"", b"<html>502</html>", b'{"value": ', b'"\xff"', b"[" * 200_000])
def test_what_is_not_json_is_a_value_error(body: bytes) -> None:
    """HTML, nothing, a cut body, wrong bytes and absurd nesting are ValueErrors, never mismatches or crashes."""
    for read in (read_amount, read_json):
        with pytest.raises(ValueError, match=r".") as caught:
            read(body)
        assert not isinstance(caught.value, PayloadMismatch)


@given(st.text(min_size=61))
def test_a_wrong_value_is_shown_short(text: str) -> None:
    """However long a wrong value is, the message stays short and printable."""
    with pytest.raises(PayloadMismatch) as caught:
        read_count(_body({"value": text + "!"}))
    assert len(caught.value.message) < 60 * 10 + 60  # ten: an escaped character such as \U0001f600
    assert caught.value.message.isprintable()


def test_secrets_are_not_shown() -> None:
    """The value of a field that names a secret, and a long opaque word anywhere, stay out of the message."""
    planted = "aB3" * 20
    for leg in ({"size": planted}, {"size": "1", "apiKey": [planted]}, {"size": "1", "apiKey": {"x": planted}}):
        assert planted not in _complaint([{**GOOD, "hedge": leg}])
    assert planted not in _complaint([{**GOOD, "leverage": f"listenKey={planted[:20]}"}])
    read = payload_decoder(Amount, renames={Amount: {"value": "signature"}})
    with pytest.raises(PayloadMismatch, match=r"signature: expected a decimal number, got '\*\*\*'"):
        read(b'{"signature": "short"}')


@given(
    st.lists(st.sampled_from(["0", "0.00", "-0.0", "1.50", "-12.00000001", "7" * 30]), max_size=12), st.integers(1, 4)
)
def test_plain_numbers_are_read_exactly_group_by_group(texts: list[str], width: int) -> None:
    """Whether most of them are shared or none is."""
    texts = texts[: len(texts) // width * width]
    groups = list(read_plain(texts, width))
    assert [str(one) for group in groups for one in group] == texts
    assert {len(group) for group in groups} <= {width}


def test_a_mismatch_carries_no_cause_with_the_answer() -> None:
    """No chained exception brings the raw row back into a traceback."""
    with pytest.raises(PayloadMismatch) as caught:
        read_rows(_body({"result": {"list": [{**GOOD, "avgPrice": "abc"}]}}))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_decoder_that_cannot_work_is_refused_when_it_is_declared() -> None:
    """A rename of an attribute that is not there, and dropping rows of no list, fail at once."""
    with pytest.raises(TypeError, match="Amount has no attribute valeu"):
        payload_decoder(Amount, renames={Amount: {"valeu": "v"}})
    with pytest.raises(TypeError, match="rows of a list"):
        payload_decoder(Amount, drop=bool)


def test_nothing_heavy_is_imported_before_the_first_answer() -> None:
    """Declaring a decoder imports neither cattrs nor msgspec; calling it does."""
    program = (
        "import sys, attrs, decimal, venuekit.payloads\n"
        "A = attrs.make_class('A', {'value': attrs.field(type=decimal.Decimal)}, frozen=True)\n"
        "read = venuekit.payloads.payload_decoder(A)\n"
        "heavy = {'cattrs', 'msgspec', 'aiohttp', 'tenacity'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert read(b'{\"value\": 1}').value == 1\n"
        "assert {'cattrs', 'msgspec'} <= set(sys.modules)\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603  (our own text)
    assert finished.returncode == 0, finished.stderr


@attrs.frozen(eq=False, repr=False)
class Light(WireRow):
    """A wire class that leaves equality and repr to its base."""

    symbol: str
    size: Decimal | None = None


@attrs.frozen(eq=False, repr=False)
class Heavier(Light):
    """One more field."""

    rank: int = 0


def test_wire_rows_are_compared_and_shown_by_their_fields() -> None:
    """Rows of one class with equal fields are equal and hash alike, and show every field."""
    row = Light("A", Decimal(1))

    assert row == Light("A", Decimal(1))
    assert hash(row) == hash(Light("A", Decimal(1)))
    assert row != Light("A", Decimal(2))
    assert row != Heavier("A", Decimal(1))
    assert row != "A"
    assert repr(Heavier("A", None, 2)) == "Heavier(symbol='A', size=None, rank=2)"
    assert payload_decoder(Heavier)(_body({"symbol": "A", "rank": 2})) == Heavier("A", rank=2)
