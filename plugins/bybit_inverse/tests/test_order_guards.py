"""Orders that a guard, a halt or the venue does not allow."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from plugins.bybit_inverse.tests.bybit_orders import market, order

import venuekit
from venuekit.capabilities import (
    Amendment,
    CountdownControl,
    Order,
    OrderSide,
    OrderStatus,
    OrderTestControl,
)
from venuekit.errors import (
    GuardRefused,
    UnsupportedCapability,
)
from venuekit.pipeline import Guard
from venuekit.simulator import Simulation
from venuekit_bybit_inverse import BYBIT_INVERSE, BybitInverseAccount
from venuekit_bybit_inverse.endpoints import BYBIT

D = Decimal
VENUE = "bybit_inverse"
Replay = Callable[..., None]
Arrivals = Callable[[str], list[str]]


async def test_a_guard_of_symbols_reads_the_items_of_a_batch(sim: Simulation) -> None:
    """Batches of allowed symbols pass; one item of another symbol keeps the whole batch from being sent."""
    guard = Guard(symbols={"ETHUSD"})
    async with venuekit.connect(VENUE, sim.credentials(VENUE), guard=guard) as account:
        assert isinstance(account, BybitInverseAccount)
        placed = [one for one in await account.place_orders([order(), order()]) if isinstance(one, Order)]
        assert len(placed) == 2
        with pytest.raises(GuardRefused, match="BTCUSD is not among"):
            await account.place_orders([order(), order(symbol="BTCUSD")])
        amendment = Amendment(symbol="ETHUSD", side=OrderSide.BUY, order_id=placed[0].id, quantity=D(20))
        await account.amend_orders([amendment])
        canceled = await account.cancel_orders("ETHUSD", order_ids=[one.id for one in placed])
        assert all(isinstance(one, Order) for one in canceled)
        with pytest.raises(GuardRefused, match="BTCUSD is not among"):
            await account.cancel_orders("BTCUSD", order_ids=["7"])


async def test_a_guard_of_symbols_refuses_what_names_a_coin_beside_the_symbol(sim: Simulation) -> None:
    """The venue heeds one of them, and a guard guesses not which."""
    async with venuekit.connect(VENUE, sim.credentials(VENUE), guard=Guard(symbols={"ETHUSD"})) as account:
        await account.call(BYBIT.CANCEL_ALL, category="inverse", symbol="ETHUSD")
        for coin in ({"settleCoin": "BTC"}, {"baseCoin": "BTC"}):
            with pytest.raises(GuardRefused, match="every symbol"):
                await account.call(BYBIT.CANCEL_ALL, category="inverse", symbol="ETHUSD", **coin)


async def test_guards_know_orders(sim: Simulation) -> None:
    """A contract is a dollar: the notional of an order, an amendment and of each item of a batch can be told."""
    guard = Guard(max_notional=D(500))
    credentials = sim.credentials(VENUE)
    async with venuekit.connect(VENUE, credentials, guard=guard) as account:
        assert isinstance(account, BybitInverseAccount)
        placed = await account.place_order(order(quantity=D(500)))
        with pytest.raises(GuardRefused, match="notional 501"):
            await account.place_order(order(quantity=D(501)))
        with pytest.raises(GuardRefused, match="notional 600"):
            await account.place_orders([order(), order(quantity=D(600))])
        with pytest.raises(GuardRefused, match="notional 700"):
            await account.amend_order("ETHUSD", OrderSide.BUY, order_id=placed.id, quantity=D(700))
        await account.amend_order("ETHUSD", OrderSide.BUY, order_id=placed.id, price=D(2500))


async def test_halted_account_cancels_and_reduces_only(account: BybitInverseAccount, sim: Simulation) -> None:
    """Nothing else leaves."""
    placed = await account.place_order(order())
    account.halt()
    with pytest.raises(GuardRefused, match="halted"):
        await account.place_order(order())
    with pytest.raises(GuardRefused, match="halted"):
        await account.place_orders([order(reduce_only=True), order()])
    with pytest.raises(GuardRefused, match="halted"):
        await account.add_margin("BTCUSD", D(1))
    await account.place_order(market(symbol="BTCUSD", side=OrderSide.SELL, quantity=D(1000), reduce_only=True))
    assert (await account.cancel_order("ETHUSD", order_id=placed.id)).status is OrderStatus.CANCELED
    assert await account.cancel_all_orders() == ()
    assert sim.ledger.position("BTCUSD").quantity == 15_999_000


@pytest.mark.parametrize("capability", [OrderTestControl, CountdownControl])
async def test_what_the_venue_does_not_have(account: BybitInverseAccount, capability: Any) -> None:
    """The reason is the venue's."""
    with pytest.raises(UnsupportedCapability) as caught:
        capability.of(account)
    assert caught.value.message == BYBIT_INVERSE.unsupported[capability]
