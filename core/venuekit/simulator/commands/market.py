"""Commands that move the market, and the forced trades and payments that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from venuekit.capabilities import PositionSide
from venuekit.simulator.commands.command import ACCOUNT, VENUE, ControlCommand
from venuekit.simulator.commands.places import by_ledger, places_with, the_only
from venuekit.simulator.fields import Field, FieldError, FieldKind
from venuekit.simulator.markets import check_mark
from venuekit.simulator.simulation import Simulation

SYMBOL = Field("symbol", FieldKind.TEXT, "The symbol, as the venue names it.", required=True, is_word=True)
#: a leg of hedge mode
LEG = Field(
    "position_side",
    FieldKind.TEXT,
    "The leg in hedge mode; both when left out.",
    choices=tuple(side.value for side in PositionSide),
)


def _mark(simulation: Simulation, fields: Mapping[str, Any]) -> object:
    symbol, price = fields["symbol"], fields["price"]
    places = places_with(simulation, fields, account=simulation.accounts[0])
    if price <= 0:
        raise FieldError(f"expected a price above 0, not {price}", "price")
    for place in places:  # all of them, before any moves
        check_mark(price, place.ledger.contract(symbol).price_tick, "price")
    for place in by_ledger(places):
        simulation.set_mark(place.venue_id, symbol, price)
    return {"marks": [{"venue": one.venue_id, "symbol": symbol, "mark": one.ledger.mark(symbol)} for one in places]}


def _index(simulation: Simulation, fields: Mapping[str, Any]) -> object:
    base = fields["base"]
    try:
        simulation.set_index(base, fields["price"])
    except LookupError as error:
        raise FieldError(str(error), "base") from error
    marks = [
        {"venue": venue_id, "symbol": symbol, "mark": ledger.mark(symbol)}
        for venue_id in simulation.venue_ids
        for ledger in (simulation.ledger_of(venue_id),)
        for symbol in simulation.symbols(venue_id)
        if ledger.contract(symbol).base == base
    ]
    return {"index": simulation.index_price(base), "marks": marks}


def _fund(simulation: Simulation, fields: Mapping[str, Any]) -> object:
    symbol, rate = fields["symbol"], fields["rate"]
    places = by_ledger(places_with(simulation, fields, account=simulation.accounts[0]))
    rows = [
        {"account": account, "venue": place.venue_id, "asset": row.asset, "amount": row.amount}
        for place in places
        for account, paid in simulation.fund(place.venue_id, symbol, rate).items()
        for row in paid
    ]
    return {"symbol": symbol, "rate": rate, "payments": rows}


def _liquidate(simulation: Simulation, fields: Mapping[str, Any]) -> object:
    symbol = fields["symbol"]
    side = PositionSide(fields.get("position_side", PositionSide.BOTH))
    place = the_only(places_with(simulation, fields), symbol)
    return {"venue": place.venue_id, "order": place.ledger.liquidate(symbol, side)}


MARKET: tuple[ControlCommand, ...] = (
    ControlCommand(
        "mark",
        "Move the mark price of a symbol, in every account; it fills, triggers and liquidates.",
        (SYMBOL, Field("price", FieldKind.NUMBER, "The new mark.", required=True, is_word=True), VENUE),
        _mark,
        "The marks afterwards, one for each venue that trades the symbol.",
    ),
    ControlCommand(
        "index",
        "Move the index price of a base asset: every contract of it, and its worth as collateral, in every account.",
        (
            Field("base", FieldKind.TEXT, "The base asset.", required=True, is_word=True),
            Field("price", FieldKind.NUMBER, "The new index price, in USD.", required=True, is_word=True),
        ),
        _index,
        "The index price, and the marks afterwards.",
    ),
    ControlCommand(
        "fund",
        "Let the positions of a symbol pay funding at the mark, in every account.",
        (
            SYMBOL,
            Field(
                "rate",
                FieldKind.NUMBER,
                "At a positive rate longs pay.",
                required=True,
                is_word=True,
                minimum=-1,
                maximum=1,
            ),
            VENUE,
        ),
        _fund,
        "The payments, as effects on the accounts.",
    ),
    ControlCommand(
        "liquidate",
        "Close a position at the mark as a liquidation does, whatever its margin.",
        (SYMBOL, LEG, VENUE, ACCOUNT),
        _liquidate,
        "The venue, and the order that closed the position.",
    ),
)
