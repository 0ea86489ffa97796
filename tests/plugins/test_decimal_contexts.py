"""A strategy may set fewer digits, another rounding or other traps for its thread: no request and no amount changes."""

from __future__ import annotations

import decimal
from datetime import datetime
from decimal import ROUND_HALF_UP, ROUND_UP, Context, Decimal, localcontext
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import venuekit
from venuekit import Guard
from venuekit._util.times import EPOCH
from venuekit.capabilities import (
    AccountReader,
    BalanceReader,
    FillUpdate,
    Order,
    OrderControl,
    OrderKind,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    Position,
    PositionReader,
    PositionSide,
    Unit,
)
from venuekit.errors import GuardRefused
from venuekit.live import AccountView, Provenance, ValueSource
from venuekit.live.live_values import LivePosition
from venuekit.pipeline.guard import _worth_of_order
from venuekit.plugins import make_plugins

D = Decimal
#: few digits; those of ccxt, which traps what is too small to be written, too; and one that rounds away from zero
CONTEXTS = (
    Context(prec=6, rounding=ROUND_HALF_UP),
    Context(prec=8, rounding=ROUND_HALF_UP, traps=[decimal.Underflow, decimal.InvalidOperation]),
    Context(prec=3, rounding=ROUND_UP, traps=[]),
)
contexts = pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: f"prec={context.prec}")
#: by venue: a symbol, a quantity and a price with more digits than the contexts keep, and the worth of the order
ORDERS = {
    "binance_usdm": ("ETHUSDT", D("12.345"), D("2345.67"), D("28957.29615")),
    "binance_coinm": ("ETHUSD_PERP", D(1234), D("2345.67"), D(12340)),
    "bybit_inverse": ("ETHUSD", D(1234567), D("2345.65"), D(1234567)),
}
PRICES = st.decimals("0.00000001", "1e9", places=8)
AMOUNTS = st.decimals("-1e9", "1e9", places=8)


@contexts
@pytest.mark.parametrize("venue", ORDERS)
async def test_requests_and_values_are_those_of_any_other_thread(venue: str, context: Context) -> None:
    """Orders, their guards, reads, the stream and the view: digit by digit as in the context of Python itself."""
    assert await _trade(venue, context) == await _trade(venue, Context())


async def _trade(venue: str, context: Context) -> tuple[list[Any], list[Any]]:
    """Trade within a context, beside a simulated venue that has its own; return the requests and all values."""
    async with venuekit.simulate(venue) as sim, venuekit.Runtime(journal=False) as runtime:
        with localcontext(context):
            values = await _act(runtime, venue, sim.credentials(venue))
        sent = [(one.verb, one.path, dict(one.parameters)) for one in sim.requests if one.verb != "GET"]
    own = {"timestamp", "recvWindow", "recv_window"}
    return [(verb, path, {k: v for k, v in sent.items() if k not in own}) for verb, path, sent in sent], values


async def _act(runtime: venuekit.Runtime, venue_id: str, credentials: venuekit.Credentials) -> list[Any]:
    symbol, quantity, price, worth = ORDERS[venue_id]
    venue, values = make_plugins().venue(venue_id), list[Any]()
    request = OrderRequest(
        symbol=symbol, side=OrderSide.BUY, type=OrderType.LIMIT, quantity=quantity, price=price, client_id="own"
    )
    account = await runtime.open(venue, credentials)
    async with AccountView(account) as view:
        values.append(await OrderControl.of(account).place_order(request))
        await view.wait_for(lambda view: any(live.order.client_id == "own" for live in view.open_orders()), 30)
        values += [live.order for live in view.open_orders()]
        fills = list[Any]()
        view.subscribe(lambda change: fills.append(change.event) if isinstance(change.event, FillUpdate) else None)
        taking = attrs.evolve(request, type=OrderType.MARKET, price=None, client_id="taking")
        values.append(await OrderControl.of(account).place_order(taking))
        await view.wait_for(lambda _: any(not one.is_preliminary for one in fills), 30)
        values += [one.fill for one in fills if not one.is_preliminary]
        values += [live.at_mark(D("98765.4321")) for live in view.positions()]
        values += [live.balance for live in view.balances()]
        values += await PositionReader.of(account).get_positions()
        values += await BalanceReader.of(account).get_balances()
        if account.support(AccountReader):
            values.append(await AccountReader.of(account).get_account())
    for most in (worth, Context(prec=28).subtract(worth, D("0.00001"))):
        guarded = await runtime.open(venue, credentials, guard=Guard(max_notional=most))
        again = attrs.evolve(request, client_id=f"guarded-{len(values)}")
        try:
            values.append((await OrderControl.of(guarded).place_order(again)).quantity)
        except GuardRefused as refused:
            values.append(str(refused))
    assert "is above" in values[-1]
    assert values[-2] == quantity
    return [_plain(value) for value in values]


def _plain(value: Any) -> Any:
    """Return a value whose numbers are their digits, without the moments at which it was read."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if attrs.has(type(value)):
        fields = {one.name: getattr(value, one.name) for one in attrs.fields(type(value)) if one.init}
        return {name: _plain(field) for name, field in fields.items() if not isinstance(field, datetime)}
    return value


@given(quantity=AMOUNTS, entry=PRICES, mark=PRICES, size=PRICES, unit=st.sampled_from([Unit.BASE, Unit.QUOTE]))
def test_profits_are_those_of_any_other_thread(
    quantity: Decimal, entry: Decimal, mark: Decimal, size: Decimal, unit: Unit
) -> None:
    """A position at a mark price, worth and profit."""
    position = Position(
        symbol="X", side=PositionSide.BOTH, quantity=quantity, contract_size=size, contract_unit=unit, entry_price=entry
    )
    live = LivePosition(position, Provenance(ValueSource.READ, None, EPOCH), None)
    with localcontext(Context()):
        usual = _plain(live.at_mark(mark))
    for context in CONTEXTS:
        with localcontext(context):
            assert _plain(live.at_mark(mark)) == usual


@given(quantity=PRICES, part=st.sampled_from([D(0), D("0.3"), D(1)]), price=PRICES, size=PRICES)
def test_the_worth_of_an_order_is_that_of_any_other_thread(
    quantity: Decimal, part: Decimal, price: Decimal, size: Decimal
) -> None:
    """Which a limit of positions counts, and the part of it that is not filled."""
    with localcontext(Context()):
        order = Order(
            symbol="X",
            id="1",
            client_id=None,
            kind=OrderKind.PLAIN,
            side=OrderSide.BUY,
            type=OrderType.LIMIT,
            status=OrderStatus.OPEN,
            quantity=quantity,
            filled=quantity * part,
            price=price,
            contract_size=size,
            contract_unit=Unit.BASE,
        )
        usual = (str(_worth_of_order(order, buys=True)), str(order.remaining))
    for context in CONTEXTS:
        with localcontext(context):
            assert (str(_worth_of_order(order, buys=True)), str(order.remaining)) == usual
