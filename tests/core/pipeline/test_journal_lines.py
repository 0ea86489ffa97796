"""Lines of the journal: what was sent stands there exactly, and whatever else stands there ends nothing."""

from __future__ import annotations

import json
import warnings
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.journal_entries import line_of

import venuekit
from venuekit.endpoint import Effect
from venuekit.order_scope import ClientIds, MadeId
from venuekit.pipeline.journal import FileJournal
from venuekit.pipeline.journal_lines import Day, Ended, MalformedLine, Unresolved, begin_text, end_text, read_line
from venuekit.plugin import to_milliseconds
from venuekit_toy_perp.endpoints import TOY

SENT = datetime(2026, 11, 28, 12, 30, 1, 250_000, tzinfo=UTC)
NAMES = st.text(st.characters(codec="utf-8"), max_size=12)
#: what may stand within a list, numbers as decimals too
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.text(max_size=20)
    | st.datetimes(timezones=st.just(UTC))
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["decimal", "instant", "object", "qty"]) | NAMES, inner, max_size=3)
    ),
    max_leaves=8,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def entry(**changes: Any) -> Unresolved:
    values: dict[str, Any] = {
        "id": "20261128-abc-1-1",
        "operation": "place_order",
        "verb": "POST",
        "path": "/v1/orders",
        "parameters": {},
        "sent_at": SENT,
        "fence": SENT + timedelta(seconds=6),
    }
    return Unresolved(**values | changes)


@given(parameters=st.dictionaries(NAMES, VALUES, max_size=5))
def test_what_was_sent_is_read_exactly(parameters: dict[str, Any]) -> None:
    """Texts to the last character, decimals as decimals, lists and what stands within them: all as it was."""
    written = entry(parameters=parameters, effect=Effect.KEYED, client_id="a", client_ids=("a",), made=frozenset("a"))

    found = read_line(begin_text(line_of(written)).strip())

    assert found == written
    assert isinstance(found, Unresolved)
    assert repr(found.parameters) == repr(
        {name: json_like(value) for name, value in parameters.items()}
    )  # 1 is not True, and 1.0 is not 1


def json_like(value: Any) -> Any:
    """Return a value as it is written: decimals without an exponent, instants in UTC."""
    if isinstance(value, datetime):
        return value.replace(fold=0)
    if isinstance(value, Decimal):
        return Decimal(format(value, "f"))
    if isinstance(value, list):
        return [json_like(one) for one in value]
    return {name: json_like(one) for name, one in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("value", [2**64, -(10**30), "half \ud83d", ["\udc00", {"qty": 2**70}]])
def test_numbers_and_texts_beyond_the_fast_encoder_are_read_exactly(value: Any) -> None:
    """Integers of more than 64 bits and halves of characters are in the line as they were sent."""
    line = begin_text(line_of(entry(parameters={"value": value, "client_id": MadeId("vk-1")})))

    found = read_line(line.strip())

    assert isinstance(found, Unresolved)
    assert found.parameters["value"] == value


def test_a_value_that_no_line_can_hold_is_refused() -> None:
    """The error names its class; a line that could not be read back is never written."""
    with pytest.raises(TypeError, match="a journal has no complex"):
        begin_text(line_of(entry(parameters={"value": 1j})))


@pytest.mark.parametrize(
    "client_id", ["token:abc1", "sign:42", "x-sign:7", "secret:1", "api_key:9", "A" * 36 + "9" * 9]
)
def test_a_client_id_stays_as_it_is(client_id: str) -> None:
    """Whatever an id looks like, the order of it can be found again."""
    line = begin_text(line_of(entry(parameters={"newClientOrderId": client_id}, client_id=client_id)))

    found = read_line(line.strip())

    assert isinstance(found, Unresolved)
    assert (found.parameters["newClientOrderId"], found.client_ids) == (client_id, (client_id,))


def test_an_end_is_read_as_it_was_written() -> None:
    """With the row that proves it, and without."""
    for ended in (Ended("20261128-a-1-1", "applied", 5, "row 7"), Ended("20261128-a-1-1", "not_applied")):
        assert read_line(end_text(ended).strip()) == ended


@given(line=st.binary(max_size=80) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_line_raises_anything_else(line: bytes) -> None:
    """Any bytes and any JSON are a line of ours or unreadable."""
    assert understood(line) in {True, False}


@given(
    name=st.sampled_from(
        ["begin", "operation", "verb", "path", "parameters", "client_id", "sent_at", "fence", "effect"]
    ),
    value=JSON,
)
def test_one_odd_field_raises_nothing_else(name: str, value: Any) -> None:
    """A line of ours with any one value of any type is read or unreadable."""
    line = json.loads(begin_text(line_of(entry(effect=Effect.SET))))

    assert understood(json.dumps({**line, name: value}).encode()) in {True, False}


def understood(line: bytes) -> bool:
    """Say whether a line can be read; whatever else is raised is raised here."""
    try:
        read_line(line)
    except MalformedLine:
        return False
    return True


OURS = begin_text(
    line_of(entry(path="/v1/leverage", verb="PUT", parameters={"contract": "GEMUSD", "leverage": Decimal(7)}))
)
ODD = {
    "half a line": b'\n{"begin":"20',
    "a line cut off in its parameters": OURS[:-30],
    "zeros": b"\n" + b"\0" * 4096 + b"\n",
    "not UTF-8": b"\n\xff\xfe\xfa\n",
    "a number": b"\n1\n",
    "null": b"\nnull\n",
    "a list": b"\n[]\n",
    "a text": b'\n"begin"\n',
    "an object of others": b'\n{"x":1}\n',
    "no more than a beginning": b'\n{"begin":"20261128-x"}\n',
    "an identity that is a list": b'\n{"begin":[]}\n',
    "an end that is a list": b'\n{"end":[]}\n',
    "an identity that leads elsewhere": OURS.replace(b"20261128-abc", b"../../../../tmp/x"),
    "no parameters": OURS.replace(b'{"contract":"GEMUSD","leverage":{"decimal":"7"}}', b"null"),
    "a decimal that is none": OURS.replace(b'"7"', b'"seven"'),
    "not a number": OURS.replace(b'"7"', b'"NaN"'),
    "an object that is none": OURS.replace(b'{"decimal":"7"}', b'{"object":7}'),
    "a fence beyond all years": OURS.replace(b'"fence":', b'"fence":99999999'),
    "the line of another day": OURS.replace(b"20261128", b"20261127"),
    "deeper than is of use": OURS.replace(b'"7"', b"[" * 400 + b"]" * 400),
    "deeper than can be read": b'\n{"begin":' + b"[" * 100_000 + b"\n",
    "a number of 5000 digits": b'\n{"end":' + b"9" * 5000 + b"}\n",
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_line_is_told_with_its_number_and_skipped(tmp_path: Path, odd: bytes) -> None:
    """Its file and number are in a warning and in the list; the open lines before and behind it are found."""
    journal = FileJournal(tmp_path / "acme-live-1")
    journal.begin(line_of(entry(id="20261128-before-1-1")))
    (path,) = tmp_path.iterdir()
    number = path.read_bytes().count(b"\n") + odd.startswith(b"\n") + 1
    with path.open("ab") as file:
        file.write(odd)
    journal.begin(line_of(entry(id="20261128-behind-1-2")))

    with pytest.warns(UserWarning, match="cannot be read") as told:
        found = [one.id for one in FileJournal(tmp_path / "acme-live-1").open_writes()]

    assert found == ["20261128-before-1-1", "20261128-behind-1-2"]
    assert f"{path}:{number}: " in str(told[0].message)
    assert len(told) == 1


def test_an_odd_line_is_told_once_and_its_file_stays(tmp_path: Path) -> None:
    """A file is set aside only when every line of it is understood, or was only cut off."""
    for day, odd in (
        ("20261101", b'\n{"x":1}\n'),
        ("20261102", b'\n{"begin":"2026\n'),
        ("20261103", b""),
        ("20261104", b""),
    ):
        (tmp_path / f"acme-live-1-{day}.jsonl").write_bytes(odd)
    journal = FileJournal(tmp_path / "acme-live-1")

    with pytest.warns(UserWarning, match="cannot be read") as told:
        assert () == journal.open_writes() == journal.open_writes()

    assert len(told) == 2
    assert [(one.path.stem[-8:], one.number, one.is_cut_off) for one in journal.unreadable()] == [
        ("20261101", 2, False)
    ]
    assert {path.stem[-8:] for path in tmp_path.glob("*.closed")} == {"20261102"}


def test_what_cannot_be_read_is_listed_once_and_up_to_a_bound(tmp_path: Path) -> None:
    """A file of nothing else fills no memory, and one that stays unreadable is listed once."""
    spoilt, directory = tmp_path / "acme-20261128.jsonl", tmp_path / "acme-20261127.jsonl"
    spoilt.write_bytes(b"?\n" * 150)
    directory.mkdir()

    many, one = Day(spoilt, ClientIds()), Day(directory, ClientIds())
    for _ in range(2):
        many.read_on()
        one.read_on()

    assert [line.number for line in many.unreadable] == list(range(1, 101))
    assert list(map(str, one.unreadable)) == [f"{directory}: cannot be read: not a file"]


@pytest.mark.parametrize(("outcome", "is_known"), [("applied", True), ("not_sent", False)])
def test_an_id_is_known_after_an_order_that_may_have_come_into_being(
    tmp_path: Path, outcome: str, is_known: bool
) -> None:
    """Another process that reads the file forgets the ids of which no order exists."""
    path = tmp_path / "acme-live-1-20261128.jsonl"
    order = entry(effect=Effect.KEYED, client_id="a", client_ids=("a",))
    end = Ended(id=order.id, outcome=outcome, at=to_milliseconds(SENT))
    path.write_bytes(begin_text(line_of(order)) + end_text(end))
    recent = ClientIds()

    Day(path, recent).read_on()

    assert recent.latest("a") == (to_milliseconds(SENT) if is_known else 0)


def spoil(directory: Path) -> None:
    """Add every odd line to the one file of a journal."""
    (path,) = directory.iterdir()
    path.write_bytes(path.read_bytes() + b"\n".join(ODD.values()))


@pytest.mark.looptime
async def test_connect_goes_on_and_lists_what_cannot_be_read(clock: Any, tmp_path: Path) -> None:
    """Opening an account ends with a warning at most, also where warnings are made errors."""
    async with venuekit.simulate("toy_perp", clock=clock) as sim:
        async with (
            venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
            venuekit.connect("toy_perp", sim.credentials("toy_perp"), runtime=runtime) as account,
        ):
            await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)
        spoil(tmp_path)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            async with (
                venuekit.Runtime(clock=clock, journal=tmp_path) as runtime,
                venuekit.connect("toy_perp", sim.credentials("toy_perp"), runtime=runtime) as account,
            ):
                change = await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=8)
                unreadable = account.unreadable

    assert change.changed is True
    assert len(unreadable) >= len(ODD) - 1
