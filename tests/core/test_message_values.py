"""Messages: heads, parts, values in values, and kinds that are told apart by a word, alike by both readers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import Balance, BalanceUpdate
from venuekit.errors import PayloadMismatch
from venuekit.parts.columns import Joined, Same, derived, milliseconds, number, only_when, text, whole, words
from venuekit.parts.messages import Message, Messages
from venuekit.parts.rows import Reads

D = Decimal
NOW = datetime(2026, 11, 28, tzinfo=UTC)
GIVEN: dict[str, Any] = {"received_at": NOW, "message": 7}


@attrs.frozen
class Movement:
    """A value of the same rows as a balance."""

    id: str
    size: Decimal
    owed: Decimal | None = None


WALLETS = Message(
    Reads(Balance, within=("a", "total"), is_single=True, may_be_absent=True, asset=text("a"), wallet=number("w")),
    Reads(
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
    for kept in (None, json.loads(body)):
        values = WALLETS.values(body, kept=kept, joined={"ETH": "alias"}, updated_at=NOW, received_at=NOW)
        assert [(value.asset, value.wallet) for value in values] == found
        assert [value.account_alias for value in values] == [None if one.asset == "all" else "alias" for one in values]
        assert [(one.received_at, one.as_of) for one in values] == [(NOW, None)] * len(found)
        assert [one.updated_at for one in values] == [None if one.asset == "all" else NOW for one in values]
        assert [value.raw["a"] if value.raw else None for value in values] == [kept and name for name, _ in found]


def test_a_column_that_one_declaration_needs() -> None:
    """It may be absent for the others that read the same rows."""
    blank = Reads(Movement, within=("rows",), id=text("a"), size=number("c"), owed=number("w", may_be_blank=True))
    needed = Reads(Movement, within=("rows",), id=text("a"), size=number("w"))
    mixed = Message(blank, needed)
    first, second = mixed.values(b'{"rows": [{"a": "ETH", "w": "2", "c": "1"}]}')
    assert (first, second) == (Movement("ETH", D(1), D(2)), Movement("ETH", D(2)))
    with pytest.raises(PayloadMismatch, match=r"rows\[0\].w: missing"):
        mixed.values(b'{"rows": [{"a": "ETH", "c": "1"}]}')


def test_the_object_around_absent_rows_may_not_be_absent() -> None:
    """The message names the field, whichever reader finds it."""
    for body in (b"{}", b'{"a": [], "b": 1}'):
        with pytest.raises(PayloadMismatch, match=r": a: "):
            WALLETS.values(body)
    with pytest.raises(PayloadMismatch, match=r"a.rows\[0\].w: expected a decimal number, got true"):
        WALLETS.values(b'{"a": {"rows": [{"a": "ETH", "w": true}]}}')
    with pytest.raises(PayloadMismatch, match=r"a.rows: expected a list"):
        WALLETS.values(b'{"a": {"rows": {}}}')


def test_each_item_of_a_list_has_its_rows() -> None:
    """They are the rows of one declaration; an error counts them through."""
    coins: dict[str, Any] = {"within": ("deep", "data", ..., "coin")}
    message = Message(Reads(Balance, **coins, asset=text("a"), wallet=number("w"), account_alias=text("z")))
    document = {
        "deep": {"data": [{"coin": [{"a": "A", "w": "1", "z": ""}]}, {"coin": [{"a": "B", "w": "2", "z": "n"}]}]}
    }
    usual = json.dumps(document).encode()
    for body in (usual, usual.replace(b'"1"', b"1")):  # a JSON number takes the second reader
        for kept in (None, document):
            first, second = message.values(body, kept=kept)
            assert (first, second) == (Balance("A", D(1)), Balance("B", D(2), account_alias="n"))
            raws = [one.raw and one.raw["a"] for one in (first, second)]
            assert raws == ([None, None] if kept is None else ["A", "B"])
        assert [one.asset for one in Reads(Balance, **coins, asset=text("a")).read_all(body)] == ["A", "B"]
    assert message.values(b'{"deep": {"data": []}}') == []
    with pytest.raises(PayloadMismatch, match=r"deep\.data\[1\]\.coin\[0\]\.w: expected a decimal number, got 'x'"):
        message.values(usual.replace(b'"2"', b'"x"'))
    with pytest.raises(PayloadMismatch, match=r"deep\.data\[0\]\.coin: missing"):
        message.values(b'{"deep": {"data": [{}]}}')
    told = Message(Reads(Movement, within=("data", ..., "coin"), id=text("a"), size=words("w", {"one": D(1)})))
    with pytest.raises(PayloadMismatch, match=r"data\.\*\.coin\[1\]\.w: expected one of 'one', got 'two'"):
        told.values(b'{"data": [{"coin": [{"a": "A", "w": "one"}]}, {"coin": [{"a": "B", "w": "two"}]}]}')
    for within in ((..., "coin"), ("data", ...), ("data", ..., "a", "b")):
        details: dict[str, Any] = {"is_single": within[0] is ...}
        with pytest.raises(TypeError, match="each item of a list has its rows behind one name"):
            Reads(Balance, within=within, asset=text("a"), **details)


@attrs.frozen
class Times:
    """A head: the fields of a message that all its values have."""

    time: datetime | None = None
    updated_at: datetime | None = None


@attrs.frozen
class Cause:
    """Another one, deeper in the message."""

    reason: str | None = None
    is_move: bool = False


MESSAGE = ("time", "message", "raw")
CHANGES = Message(
    Reads(
        BalanceUpdate,
        within=("a", "rows"),
        given=(*MESSAGE, "reason"),
        balance=Reads(
            Balance,
            key="asset",
            given=("updated_at",),
            asset=text("a"),
            wallet=number("w"),
            account_alias=Joined("name"),
            cross_wallet=only_when(number("w"), "account_alias", None),
        ),
        change=number("c", may_be_blank=True),
        sequence=whole("n", may_be_blank=True),
    ),
    Reads(Movement, within=("a",), is_single=True, only_if="is_move", id=text("id"), size=number("size")),
    heads=(
        Reads(
            Times,
            is_single=True,
            time=milliseconds("E", may_be_blank=True),
            updated_at=derived(lambda t, made: t or made, milliseconds("T", may_be_blank=True), Same("time")),
        ),
        Reads(
            Cause,
            within=("a",),
            is_single=True,
            reason=text("m", may_be_blank=True),
            is_move=derived(lambda reason: reason == "MOVE", Same("reason")),
        ),
    ),
)
KINDS = Messages("e", {"CHANGE": CHANGES, "TOTAL": Message(Reads(Movement, is_single=True, id="x", size=number("w")))})
BODY: dict[str, Any] = {
    "e": "CHANGE",
    "E": 2000,
    "T": 1000,
    "a": {
        "m": "MOVE",
        "id": "i",
        "size": "5",
        "rows": [{"a": "ETH", "w": "2", "c": "-1", "n": 3}, {"a": "X", "w": "1"}],
    },
}


def at(seconds: int) -> datetime:
    """Return a time of a message."""
    return datetime.fromtimestamp(seconds, UTC)


def body_of(**changes: Any) -> bytes:
    """Return the usual message, changed."""
    return json.dumps({**BODY, **changes}).encode()


def test_a_head_gives_its_fields_to_all_parts() -> None:
    """To values in values as well, each of which has a key of its own; ``raw`` is a row there, and else the message."""

    class Named:
        name = "ether"

    for body in (body_of(), body_of(T="1000"), json.dumps(dict(reversed(BODY.items()))).encode()):
        for kept in (None, BODY):
            details = {"raw": kept, "joined": {"ETH": Named}, **GIVEN}
            first, second, moved = CHANGES.values(body, kept=kept, **details)
            assert KINDS.values(body, kept=kept, **details) == ("CHANGE", [first, second, moved])
            is_usual = b'"T": "1000"' not in body
            assert (CHANGES._quick.read(body, {}.get, GIVEN) is not None) is is_usual
            assert first == BalanceUpdate(
                balance=Balance("ETH", D(2), account_alias="ether", updated_at=at(1), received_at=NOW),
                change=D(-1),
                reason="MOVE",
                sequence=3,
                time=at(2),
                **GIVEN,
            )
            assert second.balance == Balance("X", D(1), D(1), updated_at=at(1), received_at=NOW)
            assert moved == Movement("i", D(5))
            assert (first.raw, first.balance.raw) == ((None, None) if kept is None else (BODY, BODY["a"]["rows"][0]))


def test_a_part_is_read_only_if_a_head_says_so() -> None:
    """Elsewhere its columns may be written in any way."""
    for size in ("5", 5, True):
        body = body_of(a={"m": "GIFT", "id": "i", "size": size, "rows": []})
        assert CHANGES.values(body, kept=None, **GIVEN) == CHANGES.values(body, kept=json.loads(body), **GIVEN) == []
    with pytest.raises(PayloadMismatch, match=r"a\.size: expected a decimal number, got true"):
        CHANGES.values(body_of(a={"m": "MOVE", "id": "i", "size": True, "rows": []}), **GIVEN)
    with pytest.raises(PayloadMismatch, match="E: expected a time"):
        CHANGES.values(body_of(E="soon"), **GIVEN)


def test_a_message_is_known_by_its_word() -> None:
    """Wherever it stands; one that is not declared has no values, and one that cannot be read is refused."""
    assert KINDS.values(b'{"w": "1", "e": "TOTAL"}') == ("TOTAL", [Movement("x", D(1))])
    assert KINDS.values(b'{"w": 1, "e": "TOTAL"}') == ("TOTAL", [Movement("x", D(1))])
    assert KINDS.values(b'{"e": "NEWER"}') == ("NEWER", None)
    assert KINDS.values(b'{"e": 5}') == ("5", None)
    assert KINDS.values(b'{"w": "1"}') == (None, None)
    for body, refusal in (
        (b'{"e": "TOTAL"}', "w: missing"),
        (b'{"e": {}}', "e: expected text"),
        (b"[]", "expected an object"),
        (b'{"e": "TOTAL", "w": "1_0"}', "w: expected a decimal number, got '1_0'"),
    ):
        with pytest.raises(PayloadMismatch, match=refusal):
            KINDS.values(body)
    for body in (b"", b"{", b'{"e": "TOTAL", "x": ' + b"[" * 100_000):
        with pytest.raises(ValueError):  # noqa: PT011  (its words are the parser's)
            KINDS.values(body)


def test_a_message_without_a_word_is_unknown() -> None:
    """Also where messages of one word alone have come so far."""
    kinds = Messages("e", {"TOTAL": Message(Reads(Movement, is_single=True, id="x", size=number("w")))})
    assert kinds.values(b'{"e": "TOTAL", "w": "1"}') == ("TOTAL", [Movement("x", D(1))])
    for body, word in ((b'{"w": "1"}', None), (b'{"e": "", "w": "1"}', None), (b'{"e": "NEW", "w": "1"}', "NEW")):
        assert kinds.values(body) == (word, None)


def test_a_mistake_in_a_declaration_is_a_type_error() -> None:
    """When the declaration is made, not when a message arrives."""
    several = Reads(Movement, within=("rows",), id=text("a"), size=number("w"))
    with pytest.raises(TypeError, match="rows of Movement> are no head"):
        Message(several, heads=(several,))
    only = Reads(Movement, within=("rows",), only_if="is_fine", id=text("a"), size=number("w"))
    with pytest.raises(TypeError, match="read only if is_fine, which no head has"):
        Message(only)
    with pytest.raises(TypeError, match="column w is read as something else"):
        Message(several, Reads(Movement, within=("rows",), id=text("w"), size=number("x")))
