"""Income: what moved the wallet, and how its history is walked."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from plugins.bybit_inverse.tests.bybit_histories import DAY, a_year, around, moment, plain, sim_now

from venuekit.capabilities import (
    Income,
    IncomeKind,
)
from venuekit.errors import InvalidArgument, PayloadMismatch
from venuekit.simulator import CannedAnswer, Simulation
from venuekit_bybit_inverse import BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
Replay = Callable[..., None]
Arrivals = Callable[[str], list[str]]


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
        funding_rate=D("0.0001"),  # a short position received it: the row says -0.0001
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
    assert [one.funding_rate for one in found] == [None, None, D("0.0001")]
    assert [one.balance_after for one in found] == [D("5086.58101322"), D("5086.56192602"), D("5086.55825002")]


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
    for index, one in enumerate(every):
        rest = await account.iter_income(asset="BTC", start=start, after=one).all()
        assert rest == every[index + 1 :]


async def test_income_walks_windows_of_seven_days(
    account: BybitInverseAccount, sim: Simulation, arrivals: Arrivals
) -> None:
    """Twenty days are three windows without overlap or gap, 50 rows a page; nothing is asked before the first item."""
    end = sim_now(sim)
    walk = account.iter_income(asset="BTC", start=end - 20 * DAY, end=end)
    assert walk.cost_per_page == 1
    assert arrivals(BYBIT.TRANSACTION_LOG.path) == []
    await walk.all()
    asked = [dict(pair.split("=") for pair in query.split("&")) for query in arrivals(BYBIT.TRANSACTION_LOG.path)]
    assert {(one["accountType"], one["currency"], one["limit"]) for one in asked} == {("UNIFIED", "BTC", "50")}
    spans = [(int(one["startTime"]), int(one["endTime"])) for one in asked]
    assert len(spans) == 3
    assert all(later[0] == earlier[1] + 1 for earlier, later in itertools.pairwise(spans))
    assert all(last - first < 7 * 24 * 3600 * 1000 for first, last in spans)


async def test_many_rows_in_one_window(account: BybitInverseAccount, sim: Simulation) -> None:
    """More rows than ten pages hold are walked in smaller windows, and none is lost."""
    now = sim_now(sim)
    for number in range(1200):
        sim.ledger.book("ETH", IncomeKind.BONUS, D(number + 1) / 1000, time=now - timedelta(minutes=number % 400 + 1))
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
    sim.disturb(VENUE, BYBIT.TRANSACTION_LOG, CannedAnswer.json(200, {"retCode": 0, "result": {"list": [row]}}))
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
    """A cursor that leads to itself ends in an error that says whose history it is; what was found comes before it."""
    row = {"id": "1", "type": "TRADE", "currency": "BTC", "transactionTime": str(sim.milliseconds()), "fee": "1"}
    page = CannedAnswer.json(200, {"retCode": 0, "result": {"list": [row], "nextPageCursor": "again"}})
    sim.disturb(VENUE, BYBIT.TRANSACTION_LOG, page, times=200)
    walk = account.iter_income(start=sim_now(sim) - DAY)
    assert (await anext(walk)).id == "1:fee"
    with pytest.raises(PayloadMismatch, match=r"^bybit_inverse: iter_income .* repeats a cursor"):
        await anext(walk)


async def test_rows_without_an_id_are_told_apart(account: BybitInverseAccount, sim: Simulation) -> None:
    """By all that the venue tells of them; what is told again on a second page is the same row."""
    row = {
        "id": "",
        "type": "INTEREST",
        "currency": "BTC",
        "transactionTime": str(sim.milliseconds()),
        "cashFlow": "-1",
    }
    rows = [{**row, "cashBalance": str(9 - number)} for number in range(3)]
    first = {"retCode": 0, "result": {"list": rows[:2], "nextPageCursor": "next"}}
    second = {"retCode": 0, "result": {"list": rows[1:], "nextPageCursor": ""}}
    sim.disturb(VENUE, BYBIT.TRANSACTION_LOG, CannedAnswer.json(200, first))
    sim.disturb(VENUE, BYBIT.TRANSACTION_LOG, CannedAnswer.json(200, second))
    found = await account.iter_income(start=sim_now(sim) - DAY).all()
    assert [one.balance_after for one in found] == [D(7), D(8), D(9)]
    assert len({one.key for one in found}) == 3
    assert all(one.id.startswith(row["transactionTime"]) for one in found)
    sim.disturb(VENUE, BYBIT.TRANSACTION_LOG, CannedAnswer.json(200, {"retCode": 0, "result": {"list": rows}}))
    assert await account.iter_income(start=sim_now(sim) - DAY, after=found[1]).all() == found[2:]


async def test_new_words_of_the_log(account: BybitInverseAccount, sim: Simulation) -> None:
    """What is known to be something else is left out of a kind silently, what is not known with a warning."""
    row = {"currency": "BTC", "transactionTime": str(sim.milliseconds()), "cashFlow": "-1"}
    words = ("FORWARD_SPLIT_SETTLE", "DIVIDEND_SETTLEMENT", "BRAND_NEW", "BRAND_NEW")
    rows = [{**row, "id": str(number), "type": word} for number, word in enumerate(words)]
    page = CannedAnswer.json(200, {"retCode": 0, "result": {"list": rows}})
    sim.disturb(VENUE, BYBIT.TRANSACTION_LOG, page, times=2)
    found = await account.iter_income(start=sim_now(sim) - DAY).all()
    assert {(one.kind, one.venue_kind) for one in found} == {(IncomeKind.OTHER, word) for word in words}
    with pytest.warns(UserWarning, match="BRAND_NEW") as caught:
        assert await account.iter_income(kind=IncomeKind.FUNDING, start=sim_now(sim) - DAY).all() == ()
    assert len(caught) == 1


@pytest.mark.parametrize(
    ("kind", "venue_kind"),
    [(IncomeKind.FUNDING, "SETTLEMENT"), (IncomeKind.COMMISSION, "TRADE"), (IncomeKind.REALIZED_PNL, "TRADE")],
)
@pytest.mark.parametrize("amount", ["-0.25", "0.25"])
async def test_booked_rows_keep_their_kind_and_amount(
    account: BybitInverseAccount, sim: Simulation, kind: IncomeKind, venue_kind: str, amount: str
) -> None:
    """A row that a script writes without a trade is read back as what it is, and not lost between the parts."""
    sim.ledger.book("BTC", IncomeKind(kind.value), D(amount), symbol="BTCUSD")

    *_, last = await account.iter_income(asset="BTC", start=sim_now(sim) - DAY).all()

    assert (last.kind, last.venue_kind, last.amount) == (kind, venue_kind, D(amount))
