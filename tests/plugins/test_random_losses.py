"""
Random sequences of orders, amendments and cancellations, each of which may be lost: none undoes a later one.

Every call may wait, so that each leaves in the end; once nothing can arrive any more the book is what the calls said.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.plugins.stages import LeapingStage, leaping, venues

from venuekit.capabilities import OrderSide
from venuekit.errors import NotExecuted, OutcomeUnknown
from venuekit.simulator import ApplyLater, DropAfter, DropBefore
from venuekit_bybit_inverse.endpoints import BYBIT

pytestmark = pytest.mark.looptime
D = Decimal
NAMES = {"place": "CREATE_ORDER", "amend": "AMEND_ORDER", "cancel_all": "CANCEL_ALL"}


@attrs.define
class Game(LeapingStage):
    """A simulated venue, an account of it, and what its book should be: order id to the prices it may have."""

    chance: random.Random
    book: dict[str, set[Decimal]] = attrs.field(factory=dict)

    async def play(self, move: str) -> None:
        """Do something that may be lost, and remember what came of it."""
        known = getattr(self.account.endpoints, "ORDERS", BYBIT)
        endpoint = getattr(known, NAMES[move] if known is BYBIT else move)
        losses = [DropBefore(), DropAfter(), ApplyLater(self.chance.choice([0.5, 3, 4.5, 4.5]))]
        for _ in range(self.chance.choice([0, 0, 1, 2])):
            self.sim.disturb(self.venue, endpoint, self.chance.choice(losses))
        await getattr(self, f"_{move}")(self.account.with_options(max_wait=120), D(self.chance.randrange(1900, 2100)))
        await self.account.pause(self.chance.choice([0, 0, 0, 1]))

    async def _place(self, account: Any, price: Decimal) -> None:
        try:
            placed = await account.place_order(self.bid(price))
        except NotExecuted:
            return
        self.book[placed.id] = {price}

    async def _amend(self, account: Any, price: Decimal) -> None:
        if not self.book:
            return
        chosen = self.chance.choice(list(self.book)[-2:])
        by_client_id = self.chance.random() < 0.5
        name = {"client_id": self.ledger.order(chosen).client_id} if by_client_id else {"order_id": chosen}
        try:
            await account.amend_order(self.symbol, OrderSide.BUY, **name, price=price)
        except OutcomeUnknown:
            self.book[chosen].add(price)
        else:
            self.book[chosen] = {price}

    async def _cancel_all(self, account: Any, _: Decimal) -> None:
        assert await account.cancel_all_orders(symbol=self.symbol) == ()
        self.book.clear()


@pytest.mark.parametrize("seed", range(8))
@venues
async def test_no_lost_write_undoes_a_later_one(venue: str, seed: int) -> None:
    """The open orders are those placed since the last cancellation of all, at the prices last asked for."""
    chance = random.Random(seed)  # noqa: S311  - a made-up history
    moves = ["place", "place", "cancel_all", *(["amend"] * 4 if venue != "aster_usdm_v1" else [])]
    async with leaping(venue, "flat", pause=1) as (sim, account):
        game = Game(sim, account, chance)
        for number in range(30):
            await game.play(chance.choice(moves))
            if number % 3 == 2:
                await account.pause(20)
                found = {order.id: order.price for order in game.ledger.open_orders()}
                assert found.keys() == game.book.keys()
                assert all(price in game.book[one] for one, price in found.items())
