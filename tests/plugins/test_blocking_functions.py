"""venuekit.sync: the functions about whole accounts, and those that are given an account of the other kind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

import venuekit
from venuekit import capabilities, settings, sync
from venuekit.capabilities import OrderRequest, OrderSide, OrderType, PositionSide
from venuekit.errors import InvalidArgument, Outcome
from venuekit.live import AccountView
from venuekit.simulator.background import BackgroundSimulation
from venuekit.sync.capabilities import PositionReader

D = Decimal
VENUES = ("binance_usdm", "bybit_inverse")
UNPAYABLE = OrderRequest(
    symbol="ETHUSDT", side=OrderSide.BUY, type=OrderType.LIMIT, quantity=D(1), price=D(900000), position_side=None
)
_TARGET = settings.Target(accounts={"main": settings.AccountTarget(venue="binance_usdm")})
#: each async function that takes accounts, and the blocking one that its error names
DOORS: tuple[tuple[str, Callable[[Any], Awaitable[object]], str], ...] = (
    ("flatten", lambda account: venuekit.flatten(account, all=True), "call venuekit.sync.flatten"),
    ("portfolio", lambda account: venuekit.portfolio({"main": account}), "call venuekit.sync.portfolio"),
    ("check_order", lambda account: venuekit.check_order(account, UNPAYABLE), "call venuekit.sync.check_order"),
    ("fan_out", lambda account: venuekit.fan_out({"main": account}, _read), "call venuekit.sync.fan_out"),
    ("plan", lambda account: settings.plan(_TARGET, {"main": account}), "give its `account.asynchronous`"),
    ("read_target_of", settings.read_target_of, "give its `account.asynchronous`"),
)


async def _read(account: venuekit.Account) -> object:
    return await capabilities.PositionReader.of(account).get_positions()


@pytest.fixture
def sim() -> Iterator[BackgroundSimulation]:
    """Two venues with positions."""
    with sync.simulate(*VENUES) as simulation:
        yield simulation


@pytest.fixture
def accounts(sim: BackgroundSimulation) -> Iterator[dict[str, sync.Account]]:
    """A blocking account of each."""
    opened = {venue: sync.open(venue, sim.credentials(venue)) for venue in VENUES}
    yield opened
    for account in opened.values():
        account.close()


def _held(account: sync.Account) -> list[Decimal]:
    return [one.quantity for one in PositionReader.of(account).get_positions() if one.quantity]


def test_flatten_closes_and_reports_by_account(accounts: dict[str, sync.Account]) -> None:
    """Every account is flat afterwards, and its report is found by the account that was given."""
    usdm, inverse = accounts.values()
    assert _held(usdm)

    results = sync.flatten(usdm, inverse, all=True)

    assert list(results.values) == [usdm, inverse]
    assert all(report.is_flat for report in results.values.values())
    assert _held(usdm) == _held(inverse) == []
    refused = sync.flatten(usdm, symbols=["NOSUCH"], deadline=1)
    assert not any(report.is_flat for report in refused.values.values())


def test_portfolio_is_that_of_the_accounts(accounts: dict[str, sync.Account]) -> None:
    """It has the accounts by the names that were given, with their worth."""
    rates = {("USDT", "USD"): D(1)}

    desk = sync.portfolio(accounts, rates=rates)

    assert tuple(desk.accounts) == VENUES
    assert desk.known_equity.amount > 0
    assert desk.errors == {}


def test_check_order_refuses_before_sending(accounts: dict[str, sync.Account], sim: BackgroundSimulation) -> None:
    """An order far above the market is refused by reads alone."""
    with pytest.raises(InvalidArgument, match="price") as refused:
        sync.check_order(accounts["binance_usdm"], UNPAYABLE)

    assert refused.value.outcome is Outcome.NOT_SENT
    assert not any(one.verb == "POST" for one in sim.call(lambda simulation: list(simulation.requests)))


def test_fan_out_calls_in_threads(accounts: dict[str, sync.Account]) -> None:
    """Values and errors come by name; accounts have the rest of the deadline, and other values are handed over."""
    deadlines: list[float | None] = []

    def read(account: sync.Account) -> int:
        deadlines.append(account.asynchronous.deadline)
        if account.venue.id == "bybit_inverse":
            raise LookupError(account.venue.id)
        return len(_held(account))

    found = sync.fan_out(accounts, read, deadline=20)
    named = sync.fan_out({"a": 1, "b": 2}, lambda number: number + 1, at_once=1)

    assert found.values["binance_usdm"] > 0
    assert [str(error) for error in found.errors.values()] == ["bybit_inverse"]
    assert all(deadline is not None and 0 < deadline <= 20 for deadline in deadlines)
    assert named.values == {"a": 2, "b": 3}
    with pytest.raises(ValueError, match="at_once"):
        sync.fan_out(accounts, read, at_once=0)


@pytest.mark.parametrize(("name", "call", "mend"), DOORS, ids=[name for name, _, _ in DOORS])
def test_an_async_function_refuses_a_blocking_account(
    accounts: dict[str, sync.Account], name: str, call: Callable[[Any], Awaitable[object]], mend: str
) -> None:
    """It passes nothing, closes nothing, and its error names the mend; the account itself is taken."""
    account = accounts["binance_usdm"]
    held = _held(account)

    with pytest.raises(InvalidArgument, match=mend) as refused:
        sync.run(call, account)

    assert (refused.value.operation, refused.value.outcome) == (name, Outcome.NOT_SENT)
    assert "account.asynchronous" in str(refused.value)
    assert _held(account) == held
    if name not in {"flatten", "check_order"}:
        sync.run(call, account.asynchronous)


def test_a_view_and_a_capability_refuse_a_blocking_account(accounts: dict[str, sync.Account]) -> None:
    """Their errors name the mend, too."""
    account: Any = accounts["binance_usdm"]

    with pytest.raises(InvalidArgument, match=r"account\.asynchronous"):
        AccountView(account)
    with pytest.raises(InvalidArgument, match=r"venuekit\.sync\.capabilities\.PositionReader"):
        capabilities.PositionReader.of(account)
    with pytest.raises(InvalidArgument, match=r"venuekit\.capabilities\.PositionReader"):
        PositionReader.of(account.asynchronous)


@pytest.mark.parametrize(
    "call",
    [
        lambda account: sync.flatten(account, all=True),
        lambda account: sync.portfolio({"main": account}),
        lambda account: sync.check_order(account, UNPAYABLE),
    ],
    ids=["flatten", "portfolio", "check_order"],
)
def test_a_blocking_function_refuses_other_values(
    accounts: dict[str, sync.Account], call: Callable[[Any], object]
) -> None:
    """An account with methods to await, and anything else, are refused by name."""
    for value, mend in (
        (accounts["binance_usdm"].asynchronous, "await venuekit"),
        (None, "not None"),
        (PositionSide.LONG, "not a value of type PositionSide"),
    ):
        with pytest.raises(InvalidArgument, match=mend) as refused:
            call(value)
        assert refused.value.operation.startswith("sync.")


async def test_what_is_no_account_is_refused_with_the_mend() -> None:
    """A block that was not entered, a coroutine that was not awaited, a mapping, and a list have a sentence each."""
    anything: Any
    async with venuekit.simulate("binance_usdm") as sim:
        credentials = sim.credentials("binance_usdm")
        opening = venuekit.open("binance_usdm", credentials)
        for anything, mend in (
            (venuekit.connect("binance_usdm", credentials), "enter it by `async with"),
            (opening, "write `await` before it"),
            ({"main": None}, r"one by one: flatten\(\*accounts.values\(\)\)"),
            ("main", "not a value of type str"),
        ):
            with pytest.raises(InvalidArgument, match=mend):
                await venuekit.flatten(anything, all=True)
        opening.close()
        anything = []
        for refusing in (venuekit.portfolio(anything), venuekit.fan_out(anything, _read)):
            with pytest.raises(InvalidArgument, match="by their names"):
                await refusing
        with pytest.raises(InvalidArgument, match="takes an open account, not a value of type str"):
            capabilities.PositionReader.of("main")  # type: ignore[arg-type]
