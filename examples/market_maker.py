"""
Market maker: a bid and an ask around the mark, amended as it moves, through lost answers, and flat at its end.

The same code runs on every venue: where orders cannot be amended they are replaced, and in hedge mode each side has its
own leg. The venues are simulated here, their prices walk, and every tenth answer is lost.
"""

import asyncio
from datetime import timedelta
from decimal import Decimal

import attrs

import venuekit
from venuekit.capabilities import (
    Instrument,
    InstrumentReader,
    Order,
    OrderAmendControl,
    OrderRequest,
    OrderSide,
    OrderType,
    PositionCloseControl,
    PositionMode,
    PositionModeReader,
    PositionSide,
    PriceReader,
)
from venuekit.errors import NotFound, OperationError, OutcomeUnknown, Rejected
from venuekit.simulator import DropAfter, DropBefore, RandomDisturbances, RandomWalk

ROUNDS, PAUSE = 20, 0.05
SPREAD = Decimal("0.0005")  # of the mark, to either side
MOST = 5  # quotes that may be filled on one side beyond the other
LEGS = {OrderSide.BUY: PositionSide.LONG, OrderSide.SELL: PositionSide.SHORT}


@attrs.define
class Maker:
    """The quotes of one contract on one account; ``size`` is the contracts of a quote."""

    account: venuekit.Account
    contract: Instrument
    size: Decimal
    is_hedged: bool
    quotes: dict[OrderSide, Order] = attrs.field(factory=dict)
    lost: int = 0

    async def work(self) -> None:
        """Quote again and again, less on a side that was filled more often than the other."""
        for _ in range(ROUNDS):
            prices = await PriceReader.of(self.account).get_prices(self.contract.symbol)
            mark = prices[self.contract.symbol].mark
            held = await PositionCloseControl.of(self.account).get_positions(symbol=self.contract.symbol)
            net = sum(one.quantity for one in held)
            if mark is not None:
                bid, ask = mark * (1 - SPREAD), mark * (1 + SPREAD)
                wanted = {OrderSide.BUY: bid if net < MOST * self.size else None}
                wanted[OrderSide.SELL] = ask if net > -MOST * self.size else None
                await asyncio.gather(*(self.quote(side, price) for side, price in wanted.items()))
            await asyncio.sleep(PAUSE)

    async def quote(self, side: OrderSide, price: Decimal | None) -> None:
        """Bring the quote of one side to a price, or take it away; whatever fails is tried again in the next round."""
        brief = self.account.with_options(deadline=1, recv_window=1000)  # a quote that comes later is of no use
        orders, quote = PositionCloseControl.of(brief), self.quotes.get(side)
        symbol, at = self.contract.symbol, None if price is None else self.contract.round_price(price)
        try:
            if quote is not None and at is not None and isinstance(orders, OrderAmendControl):
                if at != quote.price:
                    self.quotes[side] = await orders.amend_order(symbol, side, order_id=quote.id, price=at)
                return
            if quote is not None and at == quote.price:
                return
            if quote is not None:
                await orders.cancel_order(symbol, order_id=quote.id)
                del self.quotes[side]
            if at is not None:
                terms = OrderRequest(symbol=symbol, side=side, type=OrderType.LIMIT, quantity=self.size, price=at)
                leg = LEGS[side] if self.is_hedged else None
                self.quotes[side] = await orders.place_order(attrs.evolve(terms, position_side=leg))
        except (NotFound, Rejected):  # it was filled meanwhile
            self.quotes.pop(side, None)
        except OperationError as error:  # of one whose outcome is unknown flatten waits for the end
            self.lost += 1
            if isinstance(error, OutcomeUnknown):
                self.quotes.pop(side, None)


async def make_markets(account: venuekit.Account, symbol: str) -> None:
    (contract,) = await InstrumentReader.of(account).get_instruments(symbol=symbol)
    mode = await PositionModeReader.of(account).get_position_mode(symbol=symbol)
    price = (await PriceReader.of(account).get_prices(symbol))[symbol].mark
    size = contract.contracts(notional=Decimal(200), price=price) or Decimal(1)
    maker = Maker(account, contract, size, mode.mode is PositionMode.HEDGE)
    try:
        await maker.work()
    finally:
        report = await PositionCloseControl.of(account).flatten(symbol)
        print(f"{account.venue.id} {symbol}: {report}, with {maker.lost} lost answers or refusals")


async def main() -> None:
    symbols = {
        "binance_usdm": "ETHUSDT",
        "aster_usdm_v1": "ETHUSDT",
        "binance_coinm": "ETHUSD_PERP",
        "bybit_inverse": "ETHUSD",
    }
    async with venuekit.simulate(*symbols, scenario="flat") as sim:
        sim.ledger_of("binance_usdm").set_position_mode(PositionMode.HEDGE)
        sim.play(RandomWalk("ETH", every=timedelta(milliseconds=20), largest="0.001"))
        sim.disturb_randomly(RandomDisturbances(7, 0.1, choices=[DropAfter(), DropBefore()]))

        async def trade(venue: str) -> None:
            async with venuekit.connect(venue, sim.credentials(venue)) as account:
                await make_markets(account, symbols[venue])

        async with asyncio.TaskGroup() as venues:
            for venue in symbols:
                venues.create_task(trade(venue))


asyncio.run(main())
