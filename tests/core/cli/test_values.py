"""Rows, tables and statuses: the shapes that every command shares."""

from __future__ import annotations

import enum
import itertools
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import attrs
import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit import errors
from venuekit.capabilities import AccountKind, Balance, MarginType
from venuekit.cli import tables
from venuekit.cli.commands import WholeNumber, moment, number
from venuekit.cli.errors import Status, print_error, status_of, worst
from venuekit.cli.output import json_text
from venuekit.cli.tables import cell_text, record, table
from venuekit.exports.rows import plain, row_of


class _Loud(enum.StrEnum):
    ON = "ON"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.00000001"), "-0.00000001"),
        (Decimal("9996.00000000"), "9996.00000000"),
        (datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC), "2026-11-20T12:00:00.123Z"),
        (datetime(2026, 11, 20, 14, tzinfo=timezone(timedelta(hours=2))), "2026-11-20T12:00:00.000Z"),
        (MarginType.ISOLATED, "isolated"),
        (_Loud.ON, "on"),
        (AccountKind("Brand-New"), "brand-new"),
        (None, None),
        (True, True),
        (5, 5),
        ("text", "text"),
    ],
)
def test_plain_values(value: object, expected: object) -> None:
    """Decimals are plain text, times end in milliseconds and Z, enums are lower case, the rest stays."""
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00", "10000-01-01", "2026-13-01", "soon"]
)
def test_a_time_that_there_is_not(text: str) -> None:
    """What no calendar of ours reaches, in UTC too, is refused with an example."""
    with pytest.raises(click.BadParameter, match="is not a time such as 2026-11-20"):
        moment(text)


@pytest.mark.parametrize(
    ("text", "ago"),
    [("now", timedelta(0)), ("90m", timedelta(minutes=90)), ("7d", timedelta(days=7)), ("2w", timedelta(days=14))],
)
def test_a_time_may_be_so_long_ago(text: str, ago: timedelta) -> None:
    """A length of time is that long before now."""
    assert abs(datetime.now(UTC) - ago - moment(text)) < timedelta(minutes=1)


def test_a_day_by_its_word_is_its_first_instant() -> None:
    """Yesterday begins a day before today, at midnight in UTC."""
    today = moment("today")
    assert (today.hour, today.minute, today.second, today.microsecond, today.tzinfo) == (0, 0, 0, 0, UTC)
    assert today - moment("yesterday") == timedelta(days=1)


def test_a_time_since_1970_is_taken_in_seconds_and_milliseconds() -> None:
    """10 digits are seconds, 13 milliseconds; 8 are a date."""
    assert moment("1795176000") == moment("1795176000000") == moment("2026-11-20T12:00:00Z")
    assert moment("20261120") == moment("2026-11-20")


def test_what_is_not_flat_is_an_error() -> None:
    """A nested value never slips into JSON."""
    with pytest.raises(TypeError, match="tuple is not flat"):
        plain(())


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_decimals_lose_nothing(number: Decimal) -> None:
    """The text of a Decimal has no exponent and gives the same number back."""
    text = plain(number)

    assert isinstance(text, str)
    assert "E" not in text
    assert Decimal(text) == number


def test_a_row_has_the_values_own_fields() -> None:
    """``account`` and ``venue`` stand first, then every flat field; the venue's own object is left out."""
    balance = Balance("USD", wallet=Decimal("1.50"), raw={"a": 1})

    row = row_of(balance, account="main", venue="acme_perp")

    names = [field.name for field in attrs.fields(Balance) if field.name != "raw"]
    assert list(row) == ["account", "venue", *names]
    (parsed,) = json.loads(json_text([row]))
    assert (parsed["account"], parsed["wallet"], parsed["equity"]) == ("main", "1.50", None)


@pytest.mark.parametrize(
    "text",
    ["5_0", " 5", "5 ", "\uff15", "\u0665", "nan", "inf", "1e", "1e999", "--5", "", ".", "0x5", "5,0", "1\n"],
)
def test_what_is_no_number(text: str) -> None:
    """Whatever Python would read besides what people write as a number is refused."""
    with pytest.raises(click.BadParameter, match="is not a number"):
        number(text)
    with pytest.raises(click.BadParameter, match="is not a whole number"):
        WholeNumber().convert(text, None, None)


@pytest.mark.parametrize("text", ["5", "+5", "-0.1", ".5", "5.", "0.00010", "1e-8", "2E+3"])
def test_numbers_are_taken_as_they_are_written(text: str) -> None:
    """A decimal number is taken exactly, with its trailing zeros."""
    assert str(number(text)) == str(Decimal(text))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (True, "yes"),
        (False, "no"),
        (Decimal("9996.00000000"), "9996"),
        (Decimal("0E-8"), "0"),
        (Decimal(1000), "1000"),
        (Decimal("91.326530612245"), "91.32653061"),
        (Decimal("0.000000012"), "0.000000012"),
        (MarginType.CROSS, "cross"),
        (7, "7"),
    ],
)
def test_shown_values(value: object, text: str) -> None:
    """Tables show ten digits and no trailing zeros, and a dash for what the venue did not say."""
    assert cell_text(value) == text


_ROWS = st.fixed_dictionaries(
    {"a": st.text("xy ", max_size=150), "n": st.integers(0, 10**9), "b": st.text("xyz", max_size=150)}
)


@given(st.lists(_ROWS, min_size=1))
def test_a_piped_table_has_one_line_for_each_row(rows: list[dict[str, object]]) -> None:
    """However long the text, no row is folded, and nothing of it is lost."""
    lines = click.unstyle(table(rows, {"a": "left", "n": "number", "b": "right"})).splitlines()

    assert len(lines) == len(rows) + 2
    letters = "".join(lines).replace("left", "").replace("number", "").replace("right", "")
    for letter in "xyz":
        assert letters.count(letter) == sum(str(row[field]).count(letter) for row in rows for field in "ab")


def test_numbers_stand_at_the_right() -> None:
    """Columns of numbers are aligned at their right end, texts at their left."""
    text = click.unstyle(table([{"s": "a", "n": Decimal(5)}, {"s": "bb", "n": Decimal("12.5")}], {"s": "s", "n": "n"}))

    assert text.splitlines() == ["s      n", "--  ----", "a      5", "bb  12.5"]


def test_a_record_leaves_out_what_was_not_said() -> None:
    """One line for each field that has a value."""
    assert click.unstyle(record({"account": "main", "kind": None, "fee_tier": 0})) == "account   main\nfee_tier  0"


def test_the_worst_status_wins() -> None:
    """64 beats 1 beats 4 beats 3 beats 5 beats 0, whatever the order."""
    ranking = [64, 1, 4, 3, 5, 0]

    for worse, better in itertools.combinations(ranking, 2):
        assert worst([worse, better]) == worst([better, worse]) == worse
    assert worst([]) == 0


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.UnknownVenue("x"), 64),
        (errors.AccountsFileError("x"), 64),
        (errors.TargetFileError("x"), 64),
        (errors.CredentialsError("x"), 64),
        (errors.InvalidArgument("x"), 64),
        (errors.PluginError("x"), 1),
        (errors.UnsupportedCapability("x"), 1),
        (errors.AuthenticationFailed("x"), 1),
        (errors.NeverSent("x"), 1),
        (errors.AnswerLost("x", outcome=errors.Outcome.NOT_APPLIED), 1),
        (errors.Throttled("x"), 1),
        (errors.OutcomeUnknown("x"), 4),
        (errors.AnswerLost("x", outcome=errors.Outcome.UNKNOWN), 4),
        (errors.Conflict("x"), 3),
        (errors.Rejected("x"), 3),
        (errors.InvalidRequest("x"), 3),
        (errors.GuardRefused("x"), 3),
        (errors.Fenced("x"), 3),
        (errors.NotExecuted("x"), 3),
        (errors.PermissionDenied("x"), 3),
    ],
)
def test_statuses_of_errors(error: errors.VenuekitError, status: int) -> None:
    """Usage and files are 64, what was refused 3, what is unknown 4, everything else of ours 1."""
    assert status_of(error) == Status(status)


def test_an_error_tells_when_to_come_back_and_what_its_words_can_mean(capsys: pytest.CaptureFixture[str]) -> None:
    """In text behind the words; in JSON the time has a field of its own, which other errors do not have."""
    error = errors.Banned("go away", venue="acme", retry_at=datetime(2026, 11, 28, 12, 0, tzinfo=UTC), mend="or pay")
    print_error(error, as_json=False)
    assert "go away; or pay; not before 2026-11-28 12:00:00 UTC" in capsys.readouterr().err
    print_error(error, as_json=True)
    told = json.loads(capsys.readouterr().err)
    assert (told["retry_at"], told["message"]) == ("2026-11-28T12:00:00.000Z", "go away; or pay")
    print_error(errors.Rejected("no", venue="acme"), as_json=True)
    assert "retry_at" not in json.loads(capsys.readouterr().err)


def test_sub_accounts_are_shown_where_there_are_any() -> None:
    """Two balances of one asset are told apart by their sub-account; without any, the column is left out."""
    shown = {"sub_account": "sub account", "asset": "asset"}
    parts = [row_of(Balance("USD", sub_account=name), account="main", venue="acme") for name in ("spot", "futures")]

    assert click.unstyle(table(parts, shown)).splitlines()[0] == "sub account  asset"
    assert click.unstyle(table([row_of(Balance("USD"))], shown)).splitlines() == ["asset", "-----", "USD"]
    assert [row["account"] for row in parts] == ["main", "main"]


def test_sub_accounts_are_lines_of_the_account_where_the_table_would_be_too_wide(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a column of its own the table would be wider than the terminal; a row without a sub-account has one line."""
    monkeypatch.setattr(tables, "terminal_width", lambda: 100)
    shown = {"account": "account", "sub_account": "sub account", "asset": "asset", "wallet": "w" * 80}
    named = [
        row_of(Balance("USD", Decimal(1), sub_account=name), account="main", venue="acme") for name in ("spot", None)
    ]

    head, _, *lines = click.unstyle(table(named, shown)).splitlines()

    assert head.split() == ["account", "asset", "w" * 80]
    assert [line.split() for line in lines] == [["main", "USD", "1"], ["spot"], ["main", "USD", "1"]]
