"""Arguments that many functions have: a text in place of several names is refused, with the mend."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

import venuekit
from venuekit import settings
from venuekit.arguments import check_names, check_seconds
from venuekit.capabilities import CandleReader, IncomeReader, OrderBatchControl, SettingsReader
from venuekit.capabilities.argument_checks import make_check
from venuekit.endpoint import Area
from venuekit.errors import InvalidArgument, Outcome
from venuekit.plugins import make_plugins

_NAIVE = datetime(2026, 11, 1)  # noqa: DTZ001 - as a caller may write it
_TARGET = "[accounts.main.symbols.TOYUSD]\nleverage = 3\n"


def _one(value: Any) -> Any:
    """Return a value that type checkers would refuse."""
    return value


def _file() -> settings.TargetFile:
    return settings.parse_target(_TARGET, "target.toml")


@pytest.mark.parametrize(
    ("make", "operation"),
    [
        (lambda text: venuekit.Guard(symbols=text), "Guard"),
        (lambda _: venuekit.Guard(allow=_one(Area.ORDERS)), "Guard"),
        (lambda text: _file().only(text), "only"),
        (lambda text: make_plugins(disabled=text), "make_plugins"),
        (lambda text: settings.SymbolRule(("groups", "g"), settings.SymbolTarget(), symbols=text), "SymbolRule"),
        (lambda text: settings.SymbolRule(("groups", "g"), settings.SymbolTarget(), excluded=text), "SymbolRule"),
    ],
)
def test_a_text_is_not_several_names(make: Callable[[Any], object], operation: str) -> None:
    """It would be taken letter by letter: the error shows how one name is written."""
    with pytest.raises(InvalidArgument, match=r"a text is one: write \['") as refused:
        make("main")

    assert (refused.value.operation, refused.value.outcome) == (operation, Outcome.NOT_SENT)


async def _flat_toy(call: Callable[[venuekit.Account], Awaitable[object]]) -> object:
    async with (
        venuekit.simulate("toy_perp") as sim,
        venuekit.connect("toy_perp", sim.credentials("toy_perp")) as account,
    ):
        return await call(account)


@pytest.mark.parametrize(
    ("call", "words", "operation"),
    [
        (lambda account: settings.read_target_of(account, "TOYUSD"), "a text is one", "read_target_of"),
        (lambda account: settings.plan(_file().target, {"main": account}, symbols="TOYUSD"), "a text is one", "plan"),
        (lambda account: SettingsReader.of(account).get_settings("TOYUSD"), "a text is one", "get_settings"),
        (lambda account: SettingsReader.of(account).get_settings(symbols=["TOYUSD", _one(7)]), "not 7", "get_settings"),
        (lambda account: SettingsReader.of(account).get_settings([], orders="TOYUSD"), "a text is", "get_settings"),
        (lambda account: SettingsReader.of(account).get_settings(_one(iter(["TOYUSD"]))), "an iter", "get_settings"),
        (lambda account: venuekit.flatten(account, symbols=_one(iter(["TOYUSD"]))), "not an iterator", "flatten"),
    ],
)
async def test_a_text_is_not_several_names_of_an_account(
    call: Callable[[venuekit.Account], Awaitable[object]], words: str, operation: str
) -> None:
    """Capabilities and plans refuse it before they read, whichever plugin carries them out."""
    with pytest.raises(InvalidArgument, match=words) as refused:
        await _flat_toy(call)

    assert refused.value.operation == operation


@pytest.mark.parametrize(
    ("call", "words", "operation"),
    [
        (
            lambda account: IncomeReader.of(account).iter_income(start=_one("2026-11-01")).all(),
            r"start is a datetime, as datetime\(2026, 11, 1, tzinfo=UTC\), not '2026-11-01'",
            "iter_income",
        ),
        (
            lambda account: IncomeReader.of(account).iter_income(end=_one(1)).all(),
            "end is a datetime, as .*, not 1",
            "iter_income",
        ),
        (lambda account: _awaited(account.with_options(deadline=_one("3"))), "deadline is a number of", "with_options"),
        (lambda account: _awaited(account.with_options(max_wait=_one("3"))), "max_wait is a number of", "with_options"),
        (lambda account: _awaited(account.with_options(resend_until=_one("3"))), "resend_until is a", "with_options"),
        (lambda account: venuekit.fan_out({"a": account}, _awaited, deadline=_one("3")), "deadline is", "fan_out"),
        (lambda account: _awaited(account.with_options(resend_until=_NAIVE)), "has no time zone", "with_options"),
        (
            lambda account: IncomeReader.of(account).iter_income(start=_NAIVE).all(),
            "has no time zone: g",
            "iter_income",
        ),
    ],
)
async def test_times_are_no_texts(
    call: Callable[[venuekit.Account], Awaitable[object]], words: str, operation: str
) -> None:
    """The error shows how a time is written, and its time zone; nothing is sent."""
    with pytest.raises(InvalidArgument, match=words) as refused:
        await _flat_toy(call)

    assert (refused.value.operation, refused.value.outcome) == (operation, Outcome.NOT_SENT)


def test_an_interval_is_a_timedelta() -> None:
    """A text as venues write it is refused with the mend."""
    check = make_check(CandleReader.iter_candles, CandleReader.iter_candles)

    assert check is not None
    check((None, "TOYUSD", timedelta(hours=1)), {"start": None})
    with pytest.raises(InvalidArgument, match=r"interval is a timedelta, as timedelta\(hours=1\), not '1h'"):
        check((None, "TOYUSD", "1h"), {})


async def _awaited(value: object) -> object:
    return value


async def test_choices_and_names_pass() -> None:
    """A bool where names or all may be given, and names by position or by name, are as before."""

    async def read(account: venuekit.Account) -> object:
        reader = SettingsReader.of(account)
        await reader.get_settings(["TOYUSD"], orders=True)
        return await reader.get_settings(symbols=("TOYUSD",), orders=["TOYUSD"])

    assert await _flat_toy(read) is not None


async def test_names_of_accounts_are_given_one_by_one(tmp_path: Any) -> None:
    """A list of them is refused."""
    anything: Any = ["main", "hedge"]
    with pytest.raises(InvalidArgument, match="names are names, each of them a text"):
        async with venuekit.open_accounts(tmp_path / "accounts.toml", anything):
            pytest.fail("it opened")


@pytest.mark.parametrize("value", [7, None])
def test_what_is_no_collection_is_not_names(value: Any) -> None:
    """The error shows the value."""
    with pytest.raises(InvalidArgument, match=f"symbols are names.*not {value}"):
        check_names(value, "symbols", "flatten")


@pytest.mark.parametrize("value", ["3", None, True, float("nan"), float("inf"), 0, -1])
def test_seconds_are_a_number_above_0(value: Any) -> None:
    """Nothing else is taken for a time."""
    with pytest.raises(InvalidArgument, match="deadline is a number of seconds above 0"):
        check_seconds(value, "deadline", "flatten")


def test_the_types_of_the_promise_are_checked_whatever_the_method_declares() -> None:
    """Arguments by position and by name are refused alike; a method with nothing to check costs nothing."""

    async def cancel_orders(self: Any, symbol: Any, *, order_ids: Any = (), client_ids: Any = ()) -> None:
        """Do nothing."""

    check = make_check(OrderBatchControl.cancel_orders, cancel_orders)

    assert check is not None
    check((None, "TOYUSD"), {"order_ids": ["1"], "client_ids": None})
    for named in ({"order_ids": "1"}, {"client_ids": [1]}):
        with pytest.raises(InvalidArgument, match=next(iter(named))):
            check((None, "TOYUSD"), named)
    assert make_check(OrderBatchControl.place_orders, cancel_orders) is None
