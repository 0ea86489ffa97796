"""A view of a venue whose messages of one moment may come in any order: a read settles them, and no guess."""

from __future__ import annotations

import asyncio

import attrs
import pytest
from tests.core.ledger.made_up import D
from tests.core.live.opened import make_account, quantity_of, trade

from venuekit.capabilities import OrderUpdate, OrderUpdateKind
from venuekit.live import AccountView, StaleView
from venuekit.simulator.ledger import LedgerOrderRequest, Side

pytestmark = pytest.mark.looptime


@pytest.mark.parametrize("is_ordered", [True, False])
async def test_positions_of_one_moment_are_settled_by_a_read(*, is_ordered: bool) -> None:
    """The one that comes last is not taken for the newer one, unless the venue promises it."""
    account = make_account(is_ordered=is_ordered)
    async with AccountView(account) as view:
        await asyncio.sleep(5)
        trade(account, 3)
        trade(account, 2)
        if not is_ordered:
            account.stream.outbox.reverse()
        account.stream.deliver()
        await asyncio.sleep(0.1)
        if not is_ordered:
            with pytest.raises(StaleView, match=r"a read and the events of .* do not agree yet"):
                view.fresh()
            await view.wait_fresh(10)
        assert (quantity_of(view.fresh()), len(view.positions())) == (5, 1)


@pytest.mark.parametrize("is_ordered", [True, False])
async def test_states_of_an_order_of_one_moment_are_settled_by_a_read(*, is_ordered: bool) -> None:
    """Two amendments within one millisecond, of which the older one comes last."""
    account = make_account(is_ordered=is_ordered)
    request = LedgerOrderRequest(symbol="ONEUSDT", side=Side.BUY, quantity=D(1), price=D(900))
    async with AccountView(account) as view:
        account.ledger.place(request)
        account.emit()
        account.stream.deliver()
        await asyncio.sleep(5)
        (live,) = view.open_orders()
        for price in (D(901), D(900)):
            order = attrs.evolve(live.order, price=price)
            account.stream.put(
                OrderUpdate(
                    order=order,
                    change=OrderUpdateKind.AMENDMENT,
                    time=order.updated_at,
                    received_at=account.now(),
                    message=0,
                )
            )
        await asyncio.sleep(0.1)
        if is_ordered:
            assert view.fresh().open_orders()[0].order.price == 900
            return
        await view.wait_fresh(10)
        (live,) = view.open_orders()
        assert (live.order.price, live.doubt) == (900, None)
