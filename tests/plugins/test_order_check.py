"""Pre-flight of orders: what the account's mode, position and limits refuse is refused before anything is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

import venuekit
from venuekit import sync
from venuekit.capabilities import (
    LeverageControl,
    OrderControl,
    OrderRequest,
    OrderSide,
    OrderType,
    PositionMode,
    PositionSide,
)
from venuekit.errors import InvalidArgument, Outcome, Rejected
from venuekit.plugins import make_plugins
from venuekit.simulator import Simulation
from venuekit.simulator.ledger import Side
from venuekit.simulator.serve import write_accounts_file
from venuekit.sync.capabilities import OrderControl as BlockingOrders
from venuekit.testing import Stage, on_stage

D = Decimal
VENUES = ("binance_usdm", "binance_coinm", "bybit_inverse", "aster_usdm")


def order(symbol: str, **terms: Any) -> OrderRequest:
    """Return an order to buy one contract at the market, with other terms."""
    usual = OrderRequest(symbol=symbol, side=OrderSide.BUY, type=OrderType.MARKET, quantity=D(1))
    return attrs.evolve(usual, **terms)


@pytest.fixture(params=VENUES)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """A venue with a position and none of another symbol."""
    async with on_stage(make_plugins().venue(request.param)) as stage:
        yield stage


@pytest.fixture
async def usdm() -> AsyncIterator[tuple[venuekit.Account, Simulation]]:
    """A flat account with a linear contract."""
    async with (
        venuekit.simulate("binance_usdm", scenario="flat") as sim,
        venuekit.connect("binance_usdm", sim.credentials("binance_usdm")) as account,
    ):
        yield account, sim


async def test_a_type_that_is_a_text(usdm: tuple[venuekit.Account, Simulation]) -> None:
    """A checked order names its type by the enumeration, and the error says how."""
    account, sim = usdm
    anything: Any = "market"

    with pytest.raises(InvalidArgument, match=r"an OrderType, as OrderType\.MARKET, not 'market'"):
        await venuekit.check_order(account, order("ETHUSDT", type=anything))
    assert not any(one.verb == "POST" for one in sim.requests)


async def test_an_order_that_the_venue_takes_passes(stage: Stage) -> None:
    """What was looked at is placed afterwards, on every venue."""
    # one contract of an inverse perpetual can be as small as 1 USD
    assert stage.scenario.held
    request = order(stage.scenario.held, quantity=D(10 if stage.venue.id == "bybit_inverse" else 1))
    await venuekit.check_order(stage.account, request)
    placed = await OrderControl.of(stage.account).place_order(request)
    assert placed.id


async def test_a_leg_must_fit_the_position_mode(usdm: tuple[venuekit.Account, Simulation]) -> None:
    """In one-way mode there is no leg, and in hedge mode one must be named; each error says the mend."""
    account, sim = usdm
    with pytest.raises(
        InvalidArgument, match=r"check_order was not sent for ETHUSDT: .*no leg long: leave position_side out"
    ) as met:
        await venuekit.check_order(account, order("ETHUSDT", position_side=PositionSide.LONG))
    assert met.value.outcome is Outcome.NOT_SENT
    sim.ledger.set_position_mode(PositionMode.HEDGE)
    with pytest.raises(InvalidArgument, match="names its leg: give position_side long or short"):
        await venuekit.check_order(account, order("ETHUSDT"))
    await venuekit.check_order(account, order("ETHUSDT", position_side=PositionSide.LONG))
    with pytest.raises(InvalidArgument, match="there is no open long position that it could reduce"):
        await venuekit.check_order(account, order("ETHUSDT", position_side=PositionSide.LONG, side=OrderSide.SELL))


async def test_a_reducing_order_needs_a_position_of_the_other_side(
    usdm: tuple[venuekit.Account, Simulation],
) -> None:
    """Without one, or with one of its own side, it is refused; one that waits for a trigger is not."""
    account, sim = usdm
    sell = order("ETHUSDT", side=OrderSide.SELL, reduce_only=True)
    with pytest.raises(InvalidArgument, match="there is no open position that it could reduce"):
        await venuekit.check_order(account, sell)
    stop = order("ETHUSDT", side=OrderSide.SELL, reduce_only=True, type=OrderType.STOP_MARKET, trigger_price=D(2000))
    await venuekit.check_order(account, stop)
    sim.ledger.fill("ETHUSDT", Side.BUY, D(2), sim.ledger.mark("ETHUSDT"))
    await venuekit.check_order(account, sell)
    with pytest.raises(InvalidArgument, match=r"the position is long \(2.*a buy order does not reduce it: sell"):
        await venuekit.check_order(account, order("ETHUSDT", reduce_only=True))


async def test_quantity_price_and_notional_are_within_the_contracts_bounds(
    usdm: tuple[venuekit.Account, Simulation],
) -> None:
    """The error has both figures; a reducing order has no least notional."""
    account, sim = usdm
    mark = sim.ledger.mark("ETHUSDT")
    limit: dict[str, Any] = {"type": OrderType.LIMIT, "quantity": D(1)}
    with pytest.raises(InvalidArgument, match=r"times the mark price .*: buy lower"):
        await venuekit.check_order(account, order("ETHUSDT", **limit, price=mark * 2))
    with pytest.raises(InvalidArgument, match=r"times the mark price .*: sell higher"):
        await venuekit.check_order(account, order("ETHUSDT", **limit, side=OrderSide.SELL, price=mark / 2))
    with pytest.raises(InvalidArgument, match="the most of one market order: split it"):
        await venuekit.check_order(account, order("ETHUSDT", quantity=D(10_000_000)))
    with pytest.raises(InvalidArgument, match=r"below .* USDT, the least of an order: raise the quantity"):
        await venuekit.check_order(account, order("ETHUSDT", quantity=D("0.001")))
    sim.ledger.fill("ETHUSDT", Side.BUY, D(2), mark)
    out: dict[str, Any] = {"side": OrderSide.SELL, "reduce_only": True}
    await venuekit.check_order(account, order("ETHUSDT", quantity=D("0.001"), **out))
    with pytest.raises(InvalidArgument, match=r"times the mark price .*: sell higher"):
        await venuekit.check_order(account, order("ETHUSDT", **limit | out, price=mark / 2))


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"quantity": D("0.00001")}, r"quantity 0\.00001 is not a multiple of 0\.001; it is never rounded here"),
        ({"type": OrderType.LIMIT, "price": D("3000.001")}, r"price 3000\.001 is not a multiple of 0\.01"),
        ({"type": OrderType.LIMIT}, "a limit order needs a price"),
    ],
)
async def test_a_form_that_place_order_refuses_does_not_pass(
    usdm: tuple[venuekit.Account, Simulation], terms: dict[str, Any], words: str
) -> None:
    """Quantity and price must be whole numbers of the contract's steps, and a limit order has a price."""
    account, _ = usdm
    with pytest.raises(InvalidArgument, match=words):
        await venuekit.check_order(account, order("ETHUSDT", **terms))
    with pytest.raises(InvalidArgument, match=words):
        await OrderControl.of(account).place_order(order("ETHUSDT", **terms))


async def test_a_position_beyond_the_brackets_of_the_leverage_is_refused(
    usdm: tuple[venuekit.Account, Simulation],
) -> None:
    """The cap is that of the highest bracket that the leverage is allowed in; the venue refuses beyond it, too."""
    account, sim = usdm
    await LeverageControl.of(account).set_leverage("ETHUSDT", 100)
    cap = max(tier.cap for tier in sim.ledger.contract("ETHUSDT").brackets if tier.max_leverage >= 100)
    beyond = (cap / sim.ledger.mark("ETHUSDT")).to_integral_value() + 1
    with pytest.raises(InvalidArgument, match=r"is allowed up to .*: lower the leverage or the quantity"):
        await venuekit.check_order(account, order("ETHUSDT", quantity=beyond))
    with pytest.raises(venuekit.VenuekitError):
        await OrderControl.of(account).place_order(order("ETHUSDT", quantity=beyond))
    await venuekit.check_order(account, order("ETHUSDT", quantity=beyond / 4 // 1))


async def test_orders_are_looked_at_by_choice(usdm: tuple[venuekit.Account, Simulation]) -> None:
    """With the option a placed order is looked at and not sent; without it the venue decides."""
    account, sim = usdm
    request = order("ETHUSDT", side=OrderSide.SELL, reduce_only=True)
    careful = OrderControl.of(account.with_options(check_orders=True))
    with pytest.raises(InvalidArgument, match="there is no open position"):
        await careful.place_order(request)
    assert sim.ledger.orders("ETHUSDT") == ()
    bought = await careful.place_order(order("ETHUSDT"))
    assert bought.filled == 1
    back = OrderControl.of(account.with_options(check_orders=True).with_options(check_orders=False))
    with pytest.raises(venuekit.VenuekitError) as met:
        await back.place_order(order("ETHUSDT", reduce_only=True))
    assert not isinstance(met.value, InvalidArgument)


async def test_an_account_can_be_opened_to_look_at_each_order(tmp_path: Path) -> None:
    """By connect(), open() or its accounts file; a view of it need not look."""
    request = order("ETHUSDT", side=OrderSide.SELL, reduce_only=True)
    file = tmp_path / "accounts.toml"
    async with venuekit.simulate("binance_usdm", scenario="flat") as sim, AsyncExitStack() as stack:
        write_accounts_file(file, sim)
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("environment =", "check_orders = true\nenvironment ="), encoding="utf-8")
        credentials = sim.credentials("binance_usdm")
        connecting = venuekit.connect("binance_usdm", credentials, check_orders=True)
        of_file = await stack.enter_async_context(venuekit.open_accounts(file, "binance_usdm"))
        for account in (
            await stack.enter_async_context(connecting),
            await stack.enter_async_context(await venuekit.open("binance_usdm", credentials, check_orders=True)),
            of_file["binance_usdm"],
        ):
            with pytest.raises(InvalidArgument, match="there is no open position"):
                await OrderControl.of(account).place_order(request)
            with pytest.raises(Rejected):
                await OrderControl.of(account.with_options(check_orders=False)).place_order(request)


def test_a_blocking_account_can_be_opened_to_look_at_each_order() -> None:
    """As one of the asynchronous names."""
    request = order("ETHUSDT", side=OrderSide.SELL, reduce_only=True)
    with sync.simulate("binance_usdm", scenario="flat") as sim:
        credentials = sim.credentials("binance_usdm")
        with sync.connect("binance_usdm", credentials, check_orders=True) as account:
            with pytest.raises(InvalidArgument, match="there is no open position"):
                BlockingOrders.of(account).place_order(request)
            with pytest.raises(Rejected):
                BlockingOrders.of(account.with_options(check_orders=False)).place_order(request)
