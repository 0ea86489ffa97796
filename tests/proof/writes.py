"""Every write of an account: its endpoint, its call, and a claim for each effect it may have."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from tests.proof.claims import Claim, has_ended, moved_margin, order_of, orders_of
from tests.proof.turn import Turn
from tests.proof.world import World

from venuekit._util.times import to_milliseconds
from venuekit.capabilities import (
    Amendment,
    AssetMode,
    MarginType,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    TpSlMode,
)

D = Decimal
#: by how much the quantities of two orders differ, in the unit of their venue
STEPS = {"binance_coinm": D(1), "bybit_inverse": D(1)}
#: what may be done to an order that waits
_WAITING = {OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED, OrderStatus.UNTRIGGERED}


def _request(world: World, kind: OrderType) -> tuple[OrderRequest, Claim]:
    """Return an order like no other, and its claim: it is known by its quantity, since its id may be made later."""
    stage, number = world.stage, world.number()
    quantity = stage.quantity + number * STEPS.get(world.venue, D("0.001"))
    has_sides = world.ledger.position_mode is PositionMode.HEDGE
    request = stage.bid(
        2050 if kind is OrderType.LIMIT else None,
        quantity=quantity,
        type=kind,
        trigger_price=D(4000) if kind is OrderType.STOP_MARKET else None,
        client_id=f"mine-{number}" if number % 2 else None,
        position_side=PositionSide.LONG if has_sides else None,
    )

    def times() -> int:
        found = [order for order in orders_of(world.ledger) if order.quantity == quantity]
        return sum(not (order.client_id or "").startswith("other") for order in found)

    return request, Claim(f"{kind} of {quantity}", times)


async def place(world: World, turn: Turn, kind: OrderType) -> None:
    """Place an order that rests, is filled at once, or waits for a price."""
    endpoint = world.endpoint("place_order", is_conditional=kind is OrderType.STOP_MARKET)
    assert endpoint is not None
    request, claim = _request(world, kind)
    await world.write(endpoint, lambda account: account.place_order(request), [claim], turn)


async def close(world: World, turn: Turn, kind: OrderType) -> None:
    """Make a position smaller: at once, by an order that rests, or by one that waits for a price."""
    symbol = world.sim.scenario(world.venue).held
    endpoint = world.endpoint("place_order", is_conditional=kind is OrderType.STOP_MARKET)
    if symbol is None or endpoint is None:
        return
    opening, claim = _request(world, kind)
    mode = {"position_side": PositionSide.LONG} if opening.position_side else {"reduce_only": True}
    price = world.ledger.mark(symbol)
    request = OrderRequest(
        symbol=symbol,
        side=OrderSide.SELL,
        type=kind,
        quantity=opening.quantity,
        price=round(price * 2) if kind is OrderType.LIMIT else None,
        trigger_price=round(price / 2) if kind is OrderType.STOP_MARKET else None,
        client_id=opening.client_id,
        **mode,
    )
    await world.write(endpoint, lambda account: account.place_order(request), [claim], turn)


async def place_many(world: World, turn: Turn) -> None:
    """Place three orders by one request."""
    endpoint = world.endpoint("place_orders")
    assert endpoint is not None
    requests, claims = zip(*(_request(world, OrderType.LIMIT) for _ in range(3)), strict=True)
    await world.write(endpoint, lambda account: account.place_orders(requests), list(claims), turn)


def waiting(world: World, *kinds: OrderType) -> list[Any]:
    """Return the orders of ours for the symbol that wait, the newest first."""
    traded = [one for one in orders_of(world.ledger) if one.symbol == world.stage.symbol]
    orders = [one for one in traded if one.is_open and one.status in _WAITING]
    return [one for one in reversed(orders) if not kinds or one.type in kinds]


def _end_claim(world: World, order: Any) -> Claim:
    """Return the claim that an order has ended, which another write may do as well."""
    return Claim(
        f"end of {order.id}",
        lambda: int(not order_of(world.ledger, order.id).is_open),
        is_shared=lambda: world.counts_down or order.id in world.may_have_ended,
    )


def _note_ends(world: World, orders: Sequence[Any], claims: Sequence[Claim]) -> None:
    """Remember which orders a write may have ended, unless it is known that it did not."""
    world.may_have_ended.update(one.id for one, claim in zip(orders, claims, strict=True) if claim.verdict is not False)


def _only_final(value: Any) -> Any:
    """Return a cancelled order, or nothing known where its venue decides later."""
    if isinstance(value, tuple):
        return tuple(map(_only_final, value))
    return value if has_ended(value) or isinstance(value, BaseException) else None


async def cancel(world: World, turn: Turn, *, by_client_id: bool) -> None:
    """Cancel an order, by either of its ids."""
    found = waiting(world)
    if not found:
        return
    order = found[0]
    endpoint = world.endpoint("cancel_order", is_conditional=order.type is OrderType.STOP_MARKET)
    assert endpoint is not None
    name = {"client_id": order.client_id} if by_client_id and order.client_id else {"order_id": order.id}
    claim = _end_claim(world, order)
    await world.write(endpoint, lambda account: account.cancel_order(order.symbol, **name), [claim], turn, _only_final)
    _note_ends(world, [order], [claim])


async def cancel_many(world: World, turn: Turn) -> None:
    """Cancel two orders by one request."""
    orders = waiting(world, OrderType.LIMIT)[:2]
    endpoint = world.endpoint("cancel_orders")
    if len(orders) < 2 or endpoint is None:
        return
    claims = [_end_claim(world, order) for order in orders]
    ids = [order.id for order in orders]
    symbol = world.stage.symbol
    call = lambda account: account.cancel_orders(symbol, order_ids=ids)  # noqa: E731 - as the others
    await world.write(endpoint, call, claims, turn, _only_final)
    _note_ends(world, orders, claims)


def _is_reached(world: World, order: Any) -> bool:
    """Say whether a cancellation of all orders reaches one: where each must be listed first, it may not be yet."""
    plain, conditional = (world.endpoint("cancel_order", is_conditional=one) for one in (False, True))
    of_plain, of_conditional = (world.endpoint("cancel_all_orders", is_conditional=one) for one in (False, True))
    if order.type is not OrderType.STOP_MARKET or plain is conditional or of_plain is not of_conditional:
        return True
    return order.visible_at is None or to_milliseconds(order.visible_at) <= world.clock.of_venues.milliseconds()


async def cancel_all(world: World, turn: Turn) -> None:
    """Cancel every order of the symbol; those that are returned have not ended."""
    endpoint = world.endpoint("cancel_all_orders")
    assert endpoint is not None
    orders = [order for order in waiting(world) if _is_reached(world, order)]
    claims = [_end_claim(world, order) for order in orders]

    def item_by_item(left: Any) -> Any:
        ids = {order.id for order in left}
        return tuple(None if order.id in ids else order for order in orders)

    symbol = world.stage.symbol
    await world.write(endpoint, lambda account: account.cancel_all_orders(symbol=symbol), claims, turn, item_by_item)
    _note_ends(world, orders, claims)


def _amendment(world: World, order: Any) -> tuple[Amendment, Claim]:
    price = D(1900) + world.number()
    side = OrderSide.BUY
    amendment = Amendment(symbol=order.symbol, side=side, order_id=order.id, quantity=order.quantity, price=price)
    subject = ("amendment", order.id)
    return amendment, Claim(
        f"{price} of {order.id}", lambda: int(order_of(world.ledger, order.id).price == price), subject
    )


async def amend(world: World, turn: Turn) -> None:
    """Change the price of an order."""
    found, endpoint = waiting(world, OrderType.LIMIT), world.endpoint("amend_order")
    if not found or endpoint is None:
        return
    wanted, claim = _amendment(world, found[0])

    def call(account: Any) -> Any:
        return account.amend_order(
            wanted.symbol, wanted.side, order_id=wanted.order_id, quantity=wanted.quantity, price=wanted.price
        )

    await world.write(endpoint, call, [claim], turn)


async def amend_many(world: World, turn: Turn) -> None:
    """Change the prices of two orders by one request."""
    found, endpoint = waiting(world, OrderType.LIMIT)[:2], world.endpoint("amend_orders")
    if not found or endpoint is None:
        return
    wanted, claims = zip(*(_amendment(world, order) for order in found), strict=True)
    await world.write(endpoint, lambda account: account.amend_orders(wanted), list(claims), turn)


async def move_margin(world: World, turn: Turn, *, adds: bool) -> None:
    """Add margin to a position, or take some away."""
    method = "add_margin" if adds else "reduce_margin"
    symbol, endpoint = world.sim.scenario(world.venue).held, world.endpoint(method)
    if symbol is None or endpoint is None:
        return
    amount = D("0.01") * world.number()
    claim = Claim(f"{method} {amount}", lambda: moved_margin(world.ledger, amount))
    await world.write(endpoint, lambda account: getattr(account, method)(symbol, amount), [claim], turn)


async def set_leverage(world: World, turn: Turn) -> None:
    """Set a leverage that nothing else sets: an odd one."""
    endpoint, symbol = world.endpoint("set_leverage"), world.stage.symbol
    leverage = 1 + 2 * world.number()
    if endpoint is None or leverage > world.ledger.max_leverage(symbol):
        return
    claim = Claim(f"leverage {leverage}", lambda: int(world.ledger.leverage(symbol) == leverage), "leverage")
    await world.write(endpoint, lambda account: account.set_leverage(symbol, leverage), [claim], turn)


def _setting(world: World, name: str, wanted: Any, present: Callable[[], Any]) -> Claim:
    """Return the claim of a setting of two values, which may have been there before."""
    return Claim(f"{name} {wanted}", lambda: int(present() is wanted), name, is_shared=lambda: True)


async def set_margin_type(world: World, turn: Turn, *, isolated: bool) -> None:
    """Set the margin type of the symbol, or of the account where it is the account's."""
    endpoint = world.endpoint("set_margin_type")
    assert endpoint is not None
    wanted = MarginType.ISOLATED if isolated else MarginType.CROSS
    is_wide = world.venue == "bybit_inverse"
    symbol = None if is_wide else world.stage.symbol
    claim = _setting(world, "margin type", wanted, lambda: world.ledger.margin_type(symbol))
    options = {"account_wide": True} if is_wide else {}
    await world.write(endpoint, lambda account: account.set_margin_type(symbol, wanted, **options), [claim], turn)


async def set_countdown(world: World, turn: Turn, *, is_armed: bool) -> None:
    """Have the venue cancel all orders soon, or not any more."""
    endpoint = world.endpoint("set_countdown")
    if endpoint is None:
        return
    seconds = 5 + world.number() if is_armed else None
    world.counts_down |= is_armed
    claim = Claim(f"countdown {seconds}")
    await world.write(endpoint, lambda account: account.set_countdown(world.stage.symbol, seconds), [claim], turn)


async def set_tpsl_mode(world: World, turn: Turn, mode: TpSlMode) -> None:
    """Set the mode of take-profits of the symbol, where it has one; nothing shows it."""
    endpoint = world.endpoint("set_tpsl_mode")
    if endpoint is None:
        return

    async def call(account: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the venue calls it deprecated
            return await account.set_tpsl_mode(world.stage.symbol, mode)

    await world.write(endpoint, call, [Claim(f"mode {mode}", subject="tpsl mode")], turn)


async def set_trading_stop(world: World, turn: Turn) -> None:
    """Set a take-profit that nothing else sets and no price reaches, where the venue keeps them with the position."""
    endpoint, symbol = world.endpoint("set_trading_stop"), world.sim.scenario(world.venue).held
    if endpoint is None or symbol is None:
        return
    price = world.ledger.mark(symbol).quantize(D(1)) * 2 + world.number()
    claim = Claim(f"take profit {price}", subject="take profit")
    await world.write(endpoint, lambda account: account.set_trading_stop(symbol, take_profit=price), [claim], turn)


async def add_partial_stop(world: World, turn: Turn) -> None:
    """Add a take-profit of a part of a position that nothing else adds and no price reaches."""
    endpoint, symbol = world.endpoint("add_partial_stop"), world.sim.scenario(world.venue).held
    if endpoint is None or symbol is None:
        return
    price = world.ledger.mark(symbol).quantize(D(1)) * 3 + world.number()
    claim = Claim(f"partial take profit {price}", lambda: _times_triggered_at(world, price))
    await world.write(
        endpoint, lambda account: account.add_partial_stop(symbol, D(1), take_profit=price), [claim], turn
    )


def _times_triggered_at(world: World, price: Decimal) -> int:
    """Return how many orders have this trigger."""
    return sum(order.trigger_price == price for order in orders_of(world.ledger))


async def call_raw(world: World, turn: Turn, path: str, *, holds: bool, **parameters: Any) -> None:
    """Call an endpoint that serves no method, where the venue has it; it ``holds`` before, or nothing shows it."""
    endpoint = world.named(path)
    if endpoint is None:
        return
    if "symbol" in endpoint.by_name:
        parameters["symbol"] = world.stage.symbol
    claim = Claim(f"{path} of {parameters}", is_shared=lambda: holds)
    await world.write(endpoint, lambda account: account.call(endpoint, **parameters), [claim], turn)


async def set_position_mode(world: World, turn: Turn, *, hedge: bool) -> None:
    """Set the position mode of the account, where it has one."""
    endpoint = world.endpoint("set_position_mode")
    if endpoint is None:
        return
    wanted = PositionMode.HEDGE if hedge else PositionMode.ONE_WAY
    claim = _setting(world, "position mode", wanted, lambda: world.ledger.position_mode)
    await world.write(endpoint, lambda account: account.set_position_mode(wanted), [claim], turn)


async def set_asset_mode(world: World, turn: Turn, *, multi: bool) -> None:
    """Set the asset mode of the account, where it has one."""
    endpoint = world.endpoint("set_asset_mode")
    if endpoint is None:
        return
    wanted = AssetMode.MULTI if multi else AssetMode.SINGLE
    claim = _setting(world, "asset mode", wanted, lambda: world.ledger.asset_mode)
    await world.write(endpoint, lambda account: account.set_asset_mode(wanted), [claim], turn)
