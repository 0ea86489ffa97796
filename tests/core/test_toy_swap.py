"""Requests and values of Toy Swaps: forms, paths with parameters, ISO times, satoshi, prose, orders over one route."""

from __future__ import annotations

import base64
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from venuekit import Guard, errors
from venuekit.capabilities import (
    IncomeKind,
    MarginType,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionSide,
    Unit,
)
from venuekit.runtime import Runtime
from venuekit.simulator.ledger import Side
from venuekit.testing.clocks import LoopClock
from venuekit.testing.staged import on_stage
from venuekit_toy_swap import TOY_SWAP
from venuekit_toy_swap.endpoints import SWAP

D = Decimal
GEM = "GEMXBT"


def bid(**details: Any) -> OrderRequest:
    """Return an order to buy that rests."""
    plain: dict[str, Any] = {"symbol": GEM, "side": OrderSide.BUY, "type": OrderType.LIMIT, "quantity": D(2)}
    return OrderRequest(**{**plain, "price": D("0.01"), **details})


# -- requests


async def test_symbol_travels_in_the_path_and_the_rest_as_a_form() -> None:
    """The bytes of the body are signed, and the signature is base64 in a header, 64 bytes long."""
    async with on_stage(TOY_SWAP) as stage:
        await stage.account.set_leverage(GEM, 7, side=PositionSide.SHORT, margin_type=MarginType.CROSS)

        (arrival,) = stage.arrivals(SWAP.SET_LEVERAGE)
        request = arrival.request
        assert (request.verb, request.path, request.query) == ("POST", "/v1/contracts/GEMXBT/leverage", "")
        assert set(request.body.split(b"&")) == {b"margin=cross", b"side=short", b"leverage=7"}
        assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert len(base64.b64decode(request.headers["X-Swap-Signature"], validate=True)) == 64


async def test_request_says_until_when_it_is_valid() -> None:
    """The expiry is the venue's time and the window; a clock that is behind makes requests expire, and is measured."""
    async with on_stage(TOY_SWAP) as stage:
        await stage.account.with_options(recv_window=2500).get_balances()
        (arrival,) = stage.arrivals(SWAP.BALANCES)
        assert int(arrival.request.headers["X-Swap-Expires"]) - arrival.at == pytest.approx(2500, abs=100)

        stage.simulation.requests.clear()
        stage.simulation.skew(20)
        await stage.account.get_balances()
        assert [arrival.status for arrival in stage.arrivals(SWAP.BALANCES)] == [401, 200]


async def test_times_of_histories_are_iso_8601_both_ways() -> None:
    """Windows are asked for in text, and rows are read to the millisecond."""
    async with on_stage(TOY_SWAP) as stage:
        now = await stage.account.get_server_time()
        orders = await stage.account.iter_orders(start=now - timedelta(days=1)).all()

        (arrival,) = stage.arrivals(SWAP.ORDER_HISTORY)
        begin = (now - timedelta(days=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        assert arrival.parameters["from"] == begin
        assert orders[0].created_at is not None
        assert orders[0].created_at.tzinfo is not None


async def test_cursor_leads_through_every_page_oldest_first() -> None:
    """More orders than a page holds: none is missing, none comes twice, and a walk goes on behind an item."""
    async with on_stage(TOY_SWAP, "flat") as stage:
        for number in range(120):
            stage.ledger.rest_order(GEM, Side.BUY, D(1), D("0.00001") * (number + 1))

        orders = await stage.account.with_options(max_wait=300).iter_orders().all()

        ids = [int(order.id) for order in orders]
        assert ids == sorted(set(ids))
        assert len(ids) == 120
        rest = await stage.account.with_options(max_wait=300).iter_orders(after=orders[70]).all()
        assert rest == orders[71:]


async def test_income_of_a_kind_is_chosen_by_the_words_of_the_venue() -> None:
    """Amounts are satoshi on the wire; their sum is the change of the wallet."""
    async with on_stage(TOY_SWAP) as stage:
        account = stage.account.with_options(max_wait=300)
        everything = await account.iter_income().all()
        (balance,) = [one for one in await account.get_balances() if one.asset == "XBT"]

        assert sum(income.amount for income in everything) == balance.wallet == D("99.998")
        assert [one.kind for one in await account.iter_income(kind=IncomeKind.COMMISSION).all()] == [
            IncomeKind.COMMISSION
        ]


async def test_quanto_contract_is_counted_in_contracts() -> None:
    """It settles in neither base nor quote: a contract pays 100 satoshi for each dollar, and has no notional."""
    async with on_stage(TOY_SWAP, "flat") as stage:
        (quanto,) = await stage.account.get_instruments(symbol="ALTUSD")
        assert quanto.is_quanto
        assert (quanto.contract_unit, quanto.multiplier) == (Unit.CONTRACTS, D("0.000001"))

        await stage.account.place_order(bid(symbol="ALTUSD", type=OrderType.MARKET, price=None, quantity=D(10)))
        stage.ledger.set_mark("ALTUSD", D(3_100))
        position = await stage.account.get_position("ALTUSD")
        assert position.unrealized_pnl == D("0.001")


async def test_guard_knows_the_worth_of_linear_orders_and_that_of_quanto_ones_is_unknown() -> None:
    """A limit on the notional holds back the order that is too large, and the one whose worth is not known."""
    async with on_stage(TOY_SWAP, "flat") as stage, Runtime(clock=stage.clock, journal=False) as runtime:
        credentials = stage.simulation.credentials("toy_swap")
        account: Any = await runtime.open(TOY_SWAP, credentials, guard=Guard(max_notional=D("0.05")))
        assert (await account.place_order(bid())).is_open
        for refused in (bid(quantity=D(9)), bid(symbol="ALTUSD", price=D(1_000))):
            with pytest.raises(errors.GuardRefused):
                await account.place_order(refused)


# -- refusals in prose


async def test_words_of_a_refusal_are_its_meaning() -> None:
    """No code: the beginning of the words decides, and words that no row lists are a plain rejection."""
    async with on_stage(TOY_SWAP) as stage:
        with pytest.raises(errors.InvalidRequest, match="Contract NONE is not listed") as unknown:
            await stage.account.get_leverage("NONE")
        with pytest.raises(errors.Rejected, match=r"Leverage 50 is above 20 for 5\.00 XBT") as rejected:
            await stage.account.set_leverage("ALTXBT", 50, side=PositionSide.LONG)

        assert {unknown.value.code, rejected.value.code} == {None}
        assert rejected.value.outcome is errors.Outcome.NOT_APPLIED


# -- orders


async def test_order_is_found_and_cancelled_by_either_id() -> None:
    """Also when it has ended before; one that the venue does not know is NotFound."""
    async with on_stage(TOY_SWAP) as stage:
        account = stage.account
        one, other = await account.place_order(bid()), await account.place_order(bid())
        assert (await account.get_order(GEM, client_id=other.client_id)).key == other.key
        for name in ({"order_id": one.id}, {"client_id": other.client_id}, {"order_id": one.id}):
            assert (await account.cancel_order(GEM, **name)).status is OrderStatus.CANCELED
        with pytest.raises(errors.NotFound):
            await account.cancel_order(GEM, order_id="999")
        with pytest.raises(errors.InvalidArgument, match="positions are one-way here"):
            await account.place_order(bid(position_side=PositionSide.LONG))


async def test_everything_is_cancelled_of_a_contract_or_of_all() -> None:
    """One request for each contract that has orders, and the account is read until none is left."""
    async with on_stage(TOY_SWAP) as stage:
        for symbol, price in ((GEM, "0.01"), ("ALTXBT", "0.02")):
            await stage.account.place_order(bid(symbol=symbol, price=D(price)))

        assert await stage.account.cancel_all_orders() == ()
        assert stage.ledger.open_orders() == ()
        assert len(stage.arrivals(SWAP.CANCEL_ALL)) == 2


@pytest.mark.looptime
async def test_countdown_is_that_of_the_account() -> None:
    """It names no symbol, counts whole seconds, and cancels the orders of every contract."""
    async with on_stage(TOY_SWAP, clock=LoopClock()) as stage:
        account = stage.account
        await account.place_order(bid())
        async with account.countdown(None, 30):
            await account.pause(60)
            assert stage.ledger.open_orders()
        await account.set_countdown(None, 5)
        await account.pause(6)

        assert stage.ledger.open_orders() == ()
        with pytest.raises(errors.InvalidArgument, match="the countdown is the account's here: name no symbol"):
            await account.set_countdown(GEM, 5)
        with pytest.raises(errors.InvalidArgument, match="whole multiples"):
            await account.set_countdown(None, 1.5)
