"""Histories: income, closed profit, withdrawals, conversions."""

from __future__ import annotations

import itertools
import json
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

import venuekit
from venuekit.capabilities import (
    ClosedPnl,
    Conversion,
    HistoryBehaviour,
    Income,
    IncomeKind,
    SupportState,
    Withdrawal,
    WithdrawalStatus,
)
from venuekit.clock import from_milliseconds
from venuekit.errors import InvalidArgument, PayloadMismatch, PermissionDenied
from venuekit.simulator import Answer, Simulation
from venuekit.simulator.ledger import IncomeKind as Booked
from venuekit.simulator.ledger import Side
from venuekit.support import declared_support
from venuekit.testing.recorded import Recorded
from venuekit_bybit_inverse import BYBIT_INVERSE, BybitInverseAccount
from venuekit_bybit_inverse.endpoints import CONVERTS, EXCHANGES, OLD_CLOSED_PNL, TRANSACTION_LOG, WITHDRAWALS

D = Decimal
VENUE = "bybit_inverse"
Replay = Callable[..., None]
Arrivals = Callable[[str], list[str]]
DAY = timedelta(days=1)
#: what else moves a wallet: how many days ago, why, by how much
OTHERS = ((60, "rebate", "0.1"), (10, "bonus", "0.2"), (9, "interest", "-0.3"), (8, "other", "-1"))


def moment(milliseconds: int) -> datetime:
    """Return an instant."""
    return from_milliseconds(milliseconds)


def around(milliseconds: int) -> dict[str, Any]:
    """Return a span of a day that holds an instant, and fits in one window."""
    return {"start": moment(milliseconds) - DAY, "end": moment(milliseconds) + DAY}


def plain(value: Any) -> Any:
    """Return a value without what the venue sent."""
    assert value.raw is not None
    return attrs.evolve(value, raw=None)


@pytest.fixture
def late(sim: Simulation) -> Callable[[int], None]:
    """Let the venue's clock be at an instant, so that old recorded answers are of the recent past."""

    def set_clock(milliseconds: int) -> None:
        sim.skew((milliseconds - sim.milliseconds()) / 1000)

    return set_clock


@pytest.fixture
def last_page(sim: Simulation) -> Callable[[str], None]:
    """Let a history end behind a documented page, whose cursor the simulated venue does not know."""

    def end(path: str) -> None:
        nothing: dict[str, Any] = {"list": [], "rows": [], "orderBody": [], "nextPageCursor": ""}
        sim.disturb(VENUE, ("GET", path), Answer.json(200, {"retCode": 0, "result": nothing}))

    return end


# -- income


async def test_recorded_log(account: BybitInverseAccount, replay: Replay, late: Callable[[int], None]) -> None:
    """A funding row and a transfer, oldest first, every field."""
    late(1790381001000)
    await account.sync_clock()
    replay("get_v5_account_transaction_log")
    transfer, funding = await account.iter_income(asset="BTC", **around(1790380500000)).all()
    assert plain(transfer) == Income(
        id="1790380000_BTC_2:cashFlow",
        time=moment(1790380000000),
        asset="BTC",
        amount=D("0.5"),
        kind=IncomeKind.TRANSFER,
        venue_kind="TRANSFER_IN",
        balance_after=D("1.13108902"),
    )
    assert plain(funding) == Income(
        id="1790380800_BTCUSD_1:funding",
        time=moment(1790380800000),
        asset="BTC",
        amount=D("0.0000122"),
        kind=IncomeKind.FUNDING,
        venue_kind="SETTLEMENT",
        symbol="BTCUSD",
        trade_id="423a565c-f1b6-4c81-bc62-760cd7dd89e7",
        balance_after=D("1.13110122"),
    )


async def test_documented_log(
    account: BybitInverseAccount, replay: Replay, late: Callable[[int], None], last_page: Callable[[str], None]
) -> None:
    """Rows that share one id are three movements, told apart by their trades; their sum is the change."""
    late(1672132481405)
    await account.sync_clock()
    replay("get_v5_account_transaction_log_documented")
    last_page("/v5/account/transaction-log")
    found = await account.iter_income(**around(1672128000000)).all()
    assert [(one.kind, one.amount, one.venue_kind, one.trade_id) for one in found] == [
        (IncomeKind.COMMISSION, D("-0.0026028"), "TRADE", "8569c10f-5061-5891-81c4-a54929847eb3"),
        (IncomeKind.COMMISSION, D("-0.0190872"), "TRADE", "5184f079-88ec-54c7-8774-5173cafd2b4e"),
        (IncomeKind.FUNDING, D("-0.003676"), "SETTLEMENT", "534c0003-4bf7-486f-aa02-78cee36825e4"),
    ]
    assert [one.order_id for one in found][:2] == ["592b7e41-78fd-42e2-9aa3-91e1835ef3e1"] * 2
    assert len({one.key for one in found}) == 3
    assert [one.balance_after for one in found] == [D("5086.58101322"), D("5086.56192602"), D("5086.55825002")]


def a_year(sim: Simulation) -> Decimal:
    """Let a position be traded, pay and receive, and let other things happen to the wallet."""
    ledger = sim.ledger
    ledger.fill("BTCUSD", Side.SELL, D(1_000_000), D(82_000))
    ledger.fill("BTCUSD", Side.SELL, D(20_000_000), D(82_000))
    ledger.fill("BTCUSD", Side.BUY, D(10_000_000), D(81_000))
    for rate in ("0.0001", "-0.0002"):
        ledger.fund("BTCUSD", D(rate))
    ledger.convert("BTC", D(1), "ETH", D(27))
    ledger.withdraw("BTC", D("0.1"), fee=D("0.0005"), chain="BTC", address="bc1q", tx_id="f00d")
    for days, kind, amount in OTHERS:
        ledger.book("BTC", Booked(kind), D(amount), time=sim_now(sim) - days * DAY)
    return ledger.balance("BTC").wallet


def sim_now(sim: Simulation) -> datetime:
    """Return the venue's clock."""
    return from_milliseconds(sim.milliseconds())


async def test_income_adds_up(account: BybitInverseAccount, sim: Simulation) -> None:
    """All movements of an asset are the wallet; each row's parts are its change."""
    wallet = a_year(sim)
    found = await account.iter_income(asset="BTC", start=sim_now(sim) - 61 * DAY).all()
    assert sum(one.amount for one in found) == wallet
    assert [one.time for one in found] == sorted(one.time for one in found)
    assert len({one.key for one in found}) == len(found)
    kinds = {one.kind for one in found}
    assert kinds == set(IncomeKind) - {IncomeKind.INSURANCE, IncomeKind.DELIVERY}
    by_row: dict[str, Decimal] = {}
    for one in found:
        assert one.raw is not None
        by_row[one.raw["id"]] = by_row.get(one.raw["id"], D(0)) + one.amount
        assert by_row[one.raw["id"]] == D(one.raw["change"]) or one.balance_after is None
    pnl = sum(one.amount for one in found if one.kind is IncomeKind.REALIZED_PNL)
    assert pnl == sim.ledger.position("BTCUSD").total_realized_pnl


async def test_income_by_symbol_and_kind(account: BybitInverseAccount, sim: Simulation) -> None:
    """Filters that the venue does not have leave exactly what is asked for."""
    a_year(sim)
    start = sim_now(sim) - DAY
    every = await account.iter_income(start=start).all()
    for kind in (IncomeKind.FUNDING, IncomeKind.COMMISSION, IncomeKind.TRANSFER):
        wanted = [one for one in every if one.kind is kind]
        assert list(await account.iter_income(start=start, kind=kind).all()) == wanted
        assert wanted
    of_symbol = await account.iter_income(start=start, symbol="BTCUSD").all()
    assert list(of_symbol) == [one for one in every if one.symbol == "BTCUSD"]


async def test_income_of_a_symbol_that_is_none(account: BybitInverseAccount, sim: Simulation) -> None:
    """The venue cannot refuse it, so the walk warns; of a listed symbol without a movement it says nothing."""
    start = sim_now(sim) - DAY
    with pytest.warns(UserWarning, match="'BTCUSDX'"):
        assert await account.iter_income(symbol="BTCUSDX", start=start).all() == ()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert await account.iter_income(symbol="BTCUSDZ26", start=start).all() == ()


async def test_income_continues_behind_any_item(account: BybitInverseAccount, sim: Simulation) -> None:
    """Also between the parts of one row, and among rows of one millisecond."""
    a_year(sim)
    start = sim_now(sim) - DAY
    every = await account.iter_income(asset="BTC", start=start).all()
    for place, one in enumerate(every):
        rest = await account.iter_income(asset="BTC", start=start, after=one).all()
        assert rest == every[place + 1 :]


async def test_income_walks_windows_of_seven_days(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals
) -> None:
    """Twenty days are three windows without overlap or gap, 50 rows a page; nothing is asked before the first item."""
    end = sim_now(sim)
    walk = account.iter_income(asset="BTC", start=end - 20 * DAY, end=end)
    assert walk.cost_per_page == 1
    assert arrivals(TRANSACTION_LOG.path) == []
    await walk.all()
    asked = [dict(pair.split("=") for pair in query.split("&")) for query in arrivals(TRANSACTION_LOG.path)]
    assert {(one["accountType"], one["currency"], one["limit"]) for one in asked} == {("UNIFIED", "BTC", "50")}
    spans = [(int(one["startTime"]), int(one["endTime"])) for one in asked]
    assert len(spans) == 3
    assert all(later[0] == earlier[1] + 1 for earlier, later in itertools.pairwise(spans))
    assert all(last - first < 7 * 24 * 3600 * 1000 for first, last in spans)


async def test_many_rows_in_one_window(account: BybitInverseAccount, sim: Simulation) -> None:
    """More rows than ten pages hold are walked in smaller windows, and none is lost."""
    now = sim_now(sim)
    for number in range(1200):
        sim.ledger.book("ETH", Booked.BONUS, D(number + 1) / 1000, time=now - timedelta(minutes=number % 400 + 1))
    found = await account.iter_income(asset="ETH", start=now - DAY, kind=IncomeKind.BONUS).all()
    assert sorted(one.amount for one in found) == [D(number + 1) / 1000 for number in range(1200)]
    assert [one.time for one in found] == sorted(one.time for one in found)


async def test_parts_that_do_not_add_up_leave_a_rest(account: BybitInverseAccount, sim: Simulation) -> None:
    """What a row's change says beyond its components is a movement of its own."""
    row = {
        "id": "1",
        "type": "TRADE",
        "currency": "BTC",
        "symbol": "BTCUSD",
        "transactionTime": str(sim.milliseconds()),
    }
    row |= {"cashFlow": "1", "fee": "0.1", "funding": "", "change": "0.7", "cashBalance": "9", "tradeId": "t"}
    sim.disturb(VENUE, TRANSACTION_LOG, Answer.json(200, {"retCode": 0, "result": {"list": [row]}}))
    found = await account.iter_income(start=sim_now(sim) - DAY).all()
    assert [(one.amount, one.kind, one.balance_after) for one in found] == [
        (D(1), IncomeKind.REALIZED_PNL, None),
        (D("-0.1"), IncomeKind.COMMISSION, None),
        (D("-0.2"), IncomeKind.OTHER, D(9)),
    ]


@pytest.mark.parametrize("history", ["iter_income", "iter_closed_pnl", "iter_orders"])
async def test_spans_that_cannot_be(account: BybitInverseAccount, sim: Simulation, history: str) -> None:
    """Reversed, or further back than two years: refused with the first item, before the history is asked."""
    now = sim_now(sim)
    sent = len(sim.requests)
    with pytest.raises(InvalidArgument, match="reversed"):
        await anext(getattr(account, history)(start=now, end=now - DAY))
    with pytest.raises(InvalidArgument, match="two years") as caught:
        await anext(getattr(account, history)(start=now - 731 * DAY))
    assert caught.value.operation == history
    assert {one.path for one in sim.requests[sent:]} <= {"/v5/market/time"}


async def test_continuing_behind_what_is_gone_is_said(account: BybitInverseAccount, sim: Simulation) -> None:
    """An item older than two years: a warning names the limit."""
    old = Income("1:fee", sim_now(sim) - 800 * DAY, "BTC", D(1), IncomeKind.COMMISSION, "TRADE")
    walk = account.iter_income(after=old, end=sim_now(sim) - 725 * DAY)
    with pytest.warns(UserWarning, match="two years"):
        await anext(walk, None)
    await walk.aclose()


async def test_a_venue_that_repeats_itself_is_found_out(account: BybitInverseAccount, sim: Simulation) -> None:
    """A cursor that leads to itself ends in an error that says whose history it is, not in a loop."""
    row = {"id": "1", "type": "TRADE", "currency": "BTC", "transactionTime": str(sim.milliseconds()), "fee": "1"}
    page = Answer.json(200, {"retCode": 0, "result": {"list": [row], "nextPageCursor": "again"}})
    sim.disturb(VENUE, TRANSACTION_LOG, page, times=3)
    with pytest.raises(PayloadMismatch, match=r"^bybit_inverse: iter_income .* repeats a cursor"):
        await account.iter_income(start=sim_now(sim) - DAY).all()


# -- closed profit


async def test_recorded_closed_pnl(account: BybitInverseAccount, replay: Replay, late: Callable[[int], None]) -> None:
    """Every field of a closed position; its profit is net of both fees."""
    late(1790381001000)
    await account.sync_clock()
    replay("get_v5_position_closed_pnl")
    (closed,) = await account.iter_closed_pnl(**around(1790381000100)).all()
    assert plain(closed) == ClosedPnl(
        symbol="BTCUSD",
        order_id="7f0f1b3e-0f4d-4a67-9a43-0e4a6b6d7c11",
        quantity=D(10000),
        entry_price=D(80000),
        exit_price=D(82000),
        pnl_net=D("0.00291296"),
        fees=D("-0.00013582"),
        closed_at=moment(1790381000120),
        kind="Trade",
    )


async def test_documented_closed_pnl(
    account: BybitInverseAccount, replay: Replay, late: Callable[[int], None], last_page: Callable[[str], None]
) -> None:
    """The printed example has no fees: they are not made up."""
    late(1672284129153)
    await account.sync_clock()
    replay("get_v5_position_closed_pnl_documented")
    last_page("/v5/position/closed-pnl")
    (closed,) = await account.iter_closed_pnl(**around(1672214887231)).all()
    assert (closed.symbol, closed.fees, closed.pnl_net) == ("ETHPERP", None, D("-47.4065323"))


async def test_recorded_old_closed_pnl(
    account: BybitInverseAccount, replay: Replay, late: Callable[[int], None], sim: Simulation
) -> None:
    """With a symbol, what was closed before the account was a unified one comes too, in its place."""
    late(1682580912259)
    await account.sync_clock()
    replay("get_v5_pre_upgrade_position_closed_pnl")
    newer = {"symbol": "BTCUSD", "orderId": "1", "closedSize": "1", "avgEntryPrice": "1", "avgExitPrice": "1"}
    newer |= {"closedPnl": "0", "createdTime": "1682487465733", "updatedTime": "1682487465733"}
    page = Answer.json(200, {"retCode": 0, "result": {"list": [newer]}})
    sim.disturb(VENUE, ("GET", "/v5/position/closed-pnl"), page)
    old, new = await account.iter_closed_pnl(symbol="BTCUSD", **around(1682487465732)).all()
    assert plain(old) == ClosedPnl(
        symbol="BTCUSDT",
        order_id="67836246-460e-4c52-a009-af0c3e1d12bc",
        quantity=D("0.200"),
        entry_price=D("27944.40"),
        exit_price=D("28632.13"),
        pnl_net=D("204.25510011"),
        fees=None,
        closed_at=moment(1682487465732),
        kind="Trade",
    )
    assert new.order_id == "1"


async def test_closed_pnl_of_the_simulated_venue(account: BybitInverseAccount, sim: Simulation) -> None:
    """What each closing order gained, its fees in it; other kinds and symbols are left out."""
    a_year(sim)
    sim.ledger.fill("ETHUSD", Side.BUY, D(100), D(3000))
    sim.ledger.fill("ETHUSD", Side.SELL, D(100), D(3100))
    start = sim_now(sim) - DAY
    found = await account.iter_closed_pnl(start=start).all()
    held = sim.ledger.closed_pnls()
    assert [(one.order_id, one.quantity, one.pnl_net) for one in found] == [
        (one.order_id, one.quantity, one.pnl) for one in held
    ]
    assert [one.fees for one in found] == [one.open_fee + one.close_fee for one in held]
    assert [one.symbol for one in await account.iter_closed_pnl(symbol="ETHUSD", start=start).all()] == ["ETHUSD"]
    assert await account.iter_closed_pnl(kind="BustTrade", start=start).all() == ()
    for place, one in enumerate(found):
        assert await account.iter_closed_pnl(start=start, after=one).all() == found[place + 1 :]


async def test_closed_pnl_continues_behind_what_took_weeks_to_close(
    account: BybitInverseAccount, sim: Simulation
) -> None:
    """Rows are listed by when closing began: what began later and ended sooner comes behind it, and is not lost."""
    slow = sim.ledger.rest_order("BTCUSD", Side.SELL, D(2000), D(90_000))
    sim.ledger.fill_order(slow, D(1000))
    sim.skew(3 * 86_400)
    sim.ledger.fill("BTCUSD", Side.SELL, D(3000), D(82_000))
    sim.skew(11 * 86_400)
    sim.ledger.fill_order(slow, D(1000))
    await account.sync_clock()
    first, second = await account.iter_closed_pnl(start=sim_now(sim) - 30 * DAY).all()
    assert (first.quantity, second.quantity) == (D(2000), D(3000))
    assert await account.iter_closed_pnl(after=first).all() == (second,)
    assert await account.iter_closed_pnl(after=second).all() == ()


async def test_old_closed_pnl_is_asked_with_a_symbol_only(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals
) -> None:
    """Without one the venue does not answer there."""
    start = sim_now(sim) - DAY
    await account.iter_closed_pnl(start=start).all()
    assert arrivals(OLD_CLOSED_PNL.path) == []
    await account.iter_closed_pnl(symbol="BTCUSD", start=start).all()
    assert len(arrivals(OLD_CLOSED_PNL.path)) == 1
    assert "only with a symbol" in (BYBIT_INVERSE.behaviour(HistoryBehaviour).closed_pnl or "")


# -- withdrawals


async def test_recorded_withdrawals(
    account: BybitInverseAccount, replay: Replay, late: Callable[[int], None], last_page: Callable[[str], None]
) -> None:
    """Every field, oldest first; what left is negative."""
    late(1742738405000)
    await account.sync_clock()
    replay("get_v5_asset_withdraw_query_record")
    last_page("/v5/asset/withdraw/query-record")
    first, second = await account.iter_withdrawals(**around(1742738305000)).all()
    assert plain(first) == Withdrawal(
        id="131603458",
        asset="USDT",
        amount=D(-951),
        fee=D(-1),
        status=WithdrawalStatus.SUCCESS,
        venue_status="success",
        created_at=moment(1742729329000),
        chain="SOL",
        address="DhTEGye1vq2PPr8DPWit4HTDprnvnDiqpVHnH",
        tx_id="53j7mUftUboJ2TVb1q3zjwNi9gNGWyQ8xhEpkF",
    )
    assert (second.asset, second.amount, second.fee) == ("USDC", D("-41.43008"), D(-5))
    assert "DhTEGye1" not in repr(first)


async def test_withdrawals_of_the_simulated_venue(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals
) -> None:
    """By asset and status, less than thirty days at a time, on chains and within the venue."""
    statuses = ("success", "Pending", "CancelByUser", "Fail", "SomethingNew")
    for status in statuses:
        sim.ledger.withdraw("BTC", D("0.1"), fee=D("0.0005"), chain="BTC", address="bc1q", tx_id="f00d", status=status)
    sim.ledger.withdraw("ETH", D(1))
    start = sim_now(sim) - 60 * DAY
    found = await account.iter_withdrawals(asset="BTC", start=start).all()
    assert [one.status for one in found] == ["success", "pending", "canceled", "failed", "SomethingNew"]
    assert [one.id for one in found] == [one.id for one in sim.ledger.withdrawals()][:5]
    queries = arrivals(WITHDRAWALS.path)
    assert len(queries) == 3
    assert all("withdrawType=2" in query and "coin=BTC" in query for query in queries)
    pending = await account.iter_withdrawals(status=WithdrawalStatus.PENDING, start=start).all()
    assert [one.venue_status for one in pending] == ["Pending"]
    assert await account.iter_withdrawals(asset="BTC", start=start, after=found[2]).all() == found[3:]


async def test_withdrawals_without_a_start(account: BybitInverseAccount, sim: Simulation) -> None:
    """Two years back; an explicit start may lie further back, since no limit is documented."""
    sim.ledger.withdraw("BTC", D("0.1"))
    assert len(await account.iter_withdrawals().all()) == 1
    assert len(await account.iter_withdrawals(start=sim_now(sim) - 1000 * DAY, end=sim_now(sim) - 900 * DAY).all()) == 0
    assert len(await account.iter_withdrawals(end=sim_now(sim) - 900 * DAY).all()) == 0


async def test_a_key_of_a_sub_account(sim: Simulation) -> None:
    """It is told to be none of a master account, may not read withdrawals, and trades like any other."""
    async with venuekit.connect("bybit_inverse", sim.credentials("bybit_inverse", sub_account=True)) as account:
        assert isinstance(account, BybitInverseAccount)
        assert (await account.get_api_key()).is_master is False
        with pytest.raises(PermissionDenied, match="10005"):
            await account.iter_withdrawals().all()
        await account.set_leverage("ETHUSD", D(7))
    assert sim.ledger.leverage("ETHUSD") == 7


async def test_withdrawals_need_the_master_key(account: BybitInverseAccount, replay: Replay) -> None:
    """A sub-account's key gets the venue's words."""
    replay("get_v5_asset_withdraw_query_record_10005")
    with pytest.raises(PermissionDenied, match="Permission denied") as caught:
        await account.iter_withdrawals().all()
    assert caught.value.code == 10005


# -- conversions


async def test_recorded_conversions(
    account: BybitInverseAccount, replay: Replay, last_page: Callable[[str], None]
) -> None:
    """Both histories are one, oldest first, every field."""
    replay("get_v5_asset_exchange_order_record", "get_v5_asset_exchange_query_convert_history")
    last_page("/v5/asset/exchange/order-record")
    first, second, third = await account.iter_conversions().all()
    assert plain(first) == Conversion(
        id="145102533285208544812654440448",
        from_asset="BTC",
        from_amount=D("-0.1"),
        to_asset="ETH",
        to_amount=D("1.38586623"),
        rate=D("13.85866238"),
        time=datetime(2022, 12, 28, 3, 22, 40, tzinfo=UTC),
    )
    assert plain(second) == Conversion(
        id="23070eb_convert_uta408933875189391360",
        from_asset="BTC",
        from_amount=D("-0.1"),
        to_asset="ETH",
        to_amount=D("1.773938248611074"),
        rate=D("17.73938248611074"),
        time=moment(1719974243256),
    )
    assert (third.id, third.from_asset, third.time) == (
        "10100108106409343501030232064",
        "ETH",
        moment(1720071899995),
    )


async def test_conversions_of_the_simulated_venue(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals
) -> None:
    """What stands in both histories comes once; filters and continuing are done here; pages are walked to the end."""
    for number in range(120):
        source, target = ("BTC", "ETH") if number % 2 else ("USDT", "BTC")
        sim.ledger.convert(source, D("0.01"), target, D(number + 1) / 100)
    found = await account.iter_conversions().all()
    assert [one.id for one in found] == [one.id for one in sim.ledger.conversions()]
    assert (len(arrivals(EXCHANGES.path)), len(arrivals(CONVERTS.path))) == (3, 2)
    assert [one.id for one in await account.iter_conversions(from_asset="BTC").all()] == [
        one.id for one in found if one.from_asset == "BTC"
    ]
    assert len(await account.iter_conversions(to_asset="BTC", from_asset="BTC").all()) == 0
    assert await account.iter_conversions(after=found[70]).all() == found[71:]
    assert await account.iter_conversions(end=sim_now(sim) - DAY).all() == ()


async def test_conversion_whose_time_becomes_finer_comes_once(
    account: BybitInverseAccount, replay: Replay, recorded: Recorded, sim: Simulation, last_page: Callable[[str], None]
) -> None:
    """What only the history in seconds had, and then both have, is not given again behind itself."""
    replay("get_v5_asset_exchange_order_record")
    last_page(EXCHANGES.path)
    sim.disturb(VENUE, CONVERTS, Answer.json(200, {"retCode": 0, "result": {"list": []}}))
    (first,) = await account.iter_conversions().all()
    body = json.loads(recorded.named("get_v5_asset_exchange_query_convert_history").body)
    row = body["result"]["list"][0] | {"exchangeTxId": first.id, "createdAt": "1672197760500"}
    sim.disturb(VENUE, CONVERTS, Answer.json(200, {**body, "result": {"list": [row]}}))
    assert await account.iter_conversions(after=first).all() == ()


@pytest.mark.parametrize("history", ["exchanges", "converts"])
async def test_conversions_that_never_end_are_found_out(
    account: BybitInverseAccount, recorded: Recorded, sim: Simulation, history: str
) -> None:
    """Pages that hold nothing new end in an error, whatever their cursor or number says."""
    exchange = json.loads(recorded.named("get_v5_asset_exchange_order_record").body)["result"]["orderBody"][0]
    quote = json.loads(recorded.named("get_v5_asset_exchange_query_convert_history").body)["result"]["list"][0]
    for number in range(10):
        rows = [quote | {"exchangeTxId": str((number + other) % 100)} for other in range(100)]
        body: dict[str, Any] = {"list": rows if history == "converts" else []}
        sim.disturb(VENUE, CONVERTS, Answer.json(200, {"retCode": 0, "result": body}))
        body = {"orderBody": [exchange] if history == "exchanges" else [], "nextPageCursor": f"{number}:1"}
        sim.disturb(VENUE, EXCHANGES, Answer.json(200, {"retCode": 0, "result": body}))
    with pytest.raises(PayloadMismatch, match="nothing new"):
        await account.iter_conversions().all()


async def test_conversions_that_failed_are_none(account: BybitInverseAccount, sim: Simulation) -> None:
    """Only what succeeded moved anything."""
    row = {"exchangeTxId": "1", "fromCoin": "BTC", "fromAmount": "1", "toCoin": "ETH", "toAmount": "20"}
    row |= {"exchangeStatus": "failure", "createdAt": str(sim.milliseconds()), "convertRate": "20"}
    sim.disturb(VENUE, CONVERTS, Answer.json(200, {"retCode": 0, "result": {"list": [row]}}))
    assert await account.iter_conversions().all() == ()


def test_what_the_demo_service_lacks() -> None:
    """Each missing capability has a reason."""
    demo = BYBIT_INVERSE.environment("demo")
    names = {capability.__name__ for capability in demo.unsupported}
    assert names == {
        "ApiKeyReader", "CommissionReader", "ConversionReader", "OrderBatch", "TpSlModeControl", "WithdrawalReader",
    }  # fmt: skip
    for capability in demo.unsupported:
        support = declared_support(BYBIT_INVERSE, capability, demo)
        assert (support.state, support.source) == (SupportState.UNSUPPORTED, "environment")
        assert "demo service" in (support.reason or "")


@pytest.mark.parametrize(
    ("kind", "venue_kind"),
    [(IncomeKind.FUNDING, "SETTLEMENT"), (IncomeKind.COMMISSION, "TRADE"), (IncomeKind.REALIZED_PNL, "TRADE")],
)
@pytest.mark.parametrize("amount", ["-0.25", "0.25"])
async def test_booked_rows_keep_their_kind_and_amount(
    account: BybitInverseAccount, sim: Simulation, kind: IncomeKind, venue_kind: str, amount: str
) -> None:
    """A row that a script writes without a trade is read back as what it is, and not lost between the parts."""
    sim.ledger.book("BTC", Booked(kind.value), D(amount), symbol="BTCUSD")

    *_, last = await account.iter_income(asset="BTC", start=sim_now(sim) - DAY).all()

    assert (last.kind, last.venue_kind, last.amount) == (kind, venue_kind, D(amount))
