"""Commands that change one account: orders that end, trades without one, leverage, and money that comes or goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from venuekit._util.texts import did_you_mean
from venuekit.capabilities import PositionSide
from venuekit.simulator.commands.command import ACCOUNT, VENUE, ControlCommand
from venuekit.simulator.commands.market import LEG, SYMBOL
from venuekit.simulator.commands.places import Place, by_ledger, places_of, places_with, the_only
from venuekit.simulator.fields import Field, FieldError, FieldKind
from venuekit.simulator.ledger import Book, LedgerOrder, Side
from venuekit.simulator.simulation import Simulation

#: the fields of a trade without an order that it cannot do without
_OF_A_TRADE = ("side", "quantity")


def _fill(simulation: Simulation, fields: Mapping[str, Any]) -> object:
    if ("order" in fields) == ("symbol" in fields):
        raise FieldError("expected either order, to fill one, or symbol, side and quantity, to trade without one")
    return (_fill_order if "order" in fields else _trade)(simulation, fields)


def _trade(simulation: Simulation, fields: Mapping[str, Any]) -> object:
    symbol = fields["symbol"]
    if missing := [name for name in _OF_A_TRADE if name not in fields]:
        raise FieldError("it is missing; a trade without an order has symbol, side and quantity", missing[0])
    place = the_only(places_with(simulation, fields), symbol)
    price = fields.get("price", place.ledger.mark(symbol))
    leg = PositionSide(fields.get("position_side", PositionSide.BOTH))
    fill = place.ledger.fill(symbol, Side(fields["side"]), fields["quantity"], price, leg)
    return {"venue": place.venue_id, "fill": fill}


def _fill_order(simulation: Simulation, fields: Mapping[str, Any]) -> object:
    if extra := [name for name in ("side", "position_side") if name in fields]:
        raise FieldError("an order has its own; leave it out", extra[0])
    place, order = _find_order(simulation, fields)
    if order.book is Book.CONDITIONAL or not order.waits:
        problem = f"order {order.id} is {order.status.value} in the {order.book.value} book, where nothing fills it"
        raise FieldError(problem, "order")
    fill = place.ledger.fill_order(order.id, fields.get("quantity"), fields.get("price"))
    return {"venue": place.venue_id, "fill": fill}


def _cancel(simulation: Simulation, fields: Mapping[str, Any]) -> object:
    if ("order" in fields) == ("symbol" in fields):
        raise FieldError("expected either order, to cancel one, or symbol, to cancel all of it")
    if "symbol" in fields:
        place = the_only(places_with(simulation, fields), fields["symbol"])
        return {"venue": place.venue_id, "orders": place.ledger.cancel_orders(fields["symbol"])}
    place, order = _find_order(simulation, fields)
    return {"venue": place.venue_id, "orders": [place.ledger.cancel_order(order.id)]}


def _leverage(simulation: Simulation, fields: Mapping[str, Any]) -> object:
    symbol = fields["symbol"]
    place = the_only(places_with(simulation, fields), symbol)
    place.ledger.set_leverage(symbol, fields["leverage"])
    return {"venue": place.venue_id, "symbol": symbol, "leverage": place.ledger.leverage(symbol)}


def _find_order(simulation: Simulation, fields: Mapping[str, Any]) -> tuple[Place, LedgerOrder]:
    """Return the order with an id or client id, one that waits before one that has ended."""
    name = fields["order"]
    found = [
        (place, order)
        for place in by_ledger(places_of(simulation, fields))
        for order in place.ledger.orders(hidden=True)
        if name in {order.id, order.client_id}
    ]
    waiting = [one for one in found if one[1].waits] or found
    if not waiting:
        raise FieldError(f"there is no order with the id or client id {name!r}", "order")
    place = the_only((place for place, _ in waiting), f"order {name}")
    return next((place, order) for at, order in reversed(waiting) if at.ledger is place.ledger)


def _deposit(simulation: Simulation, fields: Mapping[str, Any]) -> object:
    asset = fields["asset"]
    balances = [(place, balance) for place in places_of(simulation, fields) for balance in place.balances()]
    wallets = {(id(place.ledger), one.purse): (place, one) for place, one in balances if one.asset == asset}
    if not wallets:
        names = dict.fromkeys(balance.asset for _, balance in balances)
        others = did_you_mean(asset, names) or f"; there are {', '.join(names)}"
        raise FieldError(f"no wallet holds {asset}{others}", "asset")
    (place, balance), *others_of_it = wallets.values()
    if others_of_it:
        venues = ", ".join(place.venue_id for place, _ in wallets.values())
        raise FieldError(f"{asset} is held at {venues}; name one of them", "venue")
    place.ledger.deposit(asset, fields["amount"], purse=balance.purse)
    return {"venue": place.venue_id, "balance": place.ledger.balance(asset, purse=balance.purse)}


OF_ACCOUNTS: tuple[ControlCommand, ...] = (
    ControlCommand(
        "fill",
        "Fill an order, whatever the mark is; or trade without an order.",
        (
            Field("order", FieldKind.NAME, "The order's id or client id.", is_word=True),
            Field("symbol", FieldKind.TEXT, "Without an order: the symbol."),
            Field(
                "side", FieldKind.TEXT, "Without an order: the direction.", choices=tuple(side.value for side in Side)
            ),
            Field("quantity", FieldKind.NUMBER, "In contracts; of an order the rest when left out."),
            Field("price", FieldKind.NUMBER, "The price; the order's own, or the mark, when left out."),
            LEG,
            VENUE,
            ACCOUNT,
        ),
        _fill,
        "The venue and the fill.",
    ),
    ControlCommand(
        "cancel",
        "Cancel an order, or all orders of a symbol, as another client of the account does.",
        (
            Field("order", FieldKind.NAME, "The order's id or client id.", is_word=True),
            Field("symbol", FieldKind.TEXT, "The symbol whose orders all end."),
            VENUE,
            ACCOUNT,
        ),
        _cancel,
        "The venue, and the canceled orders.",
    ),
    ControlCommand(
        "leverage",
        "Set the leverage of a symbol, as another client of the account does.",
        (
            SYMBOL,
            Field("leverage", FieldKind.NUMBER, "The new leverage.", required=True, is_word=True),
            VENUE,
            ACCOUNT,
        ),
        _leverage,
        "The venue, the symbol and its leverage.",
    ),
    ControlCommand(
        "deposit",
        "Move money into an account, or out of it by a negative amount.",
        (
            Field("asset", FieldKind.TEXT, "The asset.", required=True, is_word=True),
            Field("amount", FieldKind.NUMBER, "The amount, in units of the asset.", required=True, is_word=True),
            VENUE,
            ACCOUNT,
        ),
        _deposit,
        "The venue, and the balance afterwards.",
    ),
)
