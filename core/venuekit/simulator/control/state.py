"""Commands about the simulation itself: its state, its clock, its log of requests, and the script that waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import attrs

from venuekit._util.texts import is_secret_name, without
from venuekit._util.times import from_milliseconds
from venuekit.simulator.commands import ACCOUNT, CLOCK, VENUE, ControlCommand, Place, as_json, find_venue, places_of
from venuekit.simulator.fields import Field, FieldKind
from venuekit.simulator.message import Arrival
from venuekit.simulator.simulation import Simulation

_Fields: TypeAlias = Mapping[str, Any]


def _places(simulation: Simulation, fields: _Fields) -> Iterable[Place]:
    """Return the places at a command's venue and account, those of every venue and account where it names none."""
    for account in (None,) if "account" in fields else simulation.accounts:
        yield from places_of(simulation, fields, account=account)


def _rows(simulation: Simulation, fields: _Fields, rows_of: Callable[[Place], Iterable[object]]) -> list[object]:
    return [
        {**as_json(row), "venue": place.venue_id, "account": place.account}
        for place in _places(simulation, fields)
        for row in rows_of(place)
    ]


def _accounts(simulation: Simulation, fields: _Fields) -> list[object]:
    """Return the accounts with their modes."""
    return _rows(
        simulation,
        fields,
        lambda place: [{"position_mode": place.ledger.position_mode, "asset_mode": place.ledger.asset_mode}],
    )


def _settings(simulation: Simulation, fields: _Fields) -> list[object]:
    """Return leverage and margin type of each symbol."""

    def settings(place: Place) -> list[object]:
        ledger = place.ledger
        return [
            {"symbol": one, "leverage": ledger.leverage(one), "margin_type": ledger.margin_type(one)}
            for one in ledger.contracts
            if place.trades(one)
        ]

    return _rows(simulation, fields, settings)


def _balances(simulation: Simulation, fields: _Fields) -> list[object]:
    return _rows(simulation, fields, Place.balances)


def _positions(simulation: Simulation, fields: _Fields) -> list[object]:
    return _rows(
        simulation, fields, lambda place: [row for row in place.ledger.positions() if place.trades(row.symbol)]
    )


def _orders(simulation: Simulation, fields: _Fields) -> list[object]:
    """Return all orders, also those that no read of the venue shows yet."""
    return _rows(
        simulation, fields, lambda place: [row for row in place.ledger.orders(hidden=True) if place.trades(row.symbol)]
    )


def _fills(simulation: Simulation, fields: _Fields) -> list[object]:
    return _rows(simulation, fields, lambda place: [row for row in place.ledger.fills() if place.trades(row.symbol)])


def _marks(simulation: Simulation, fields: _Fields) -> list[object]:
    def marks(place: Place) -> list[object]:
        return [{"symbol": symbol, "mark": place.ledger.mark(symbol)} for symbol in place.symbols]

    return _rows(simulation, {**fields, "account": fields.get("account", simulation.accounts[0])}, marks)


def _script(simulation: Simulation, fields: _Fields) -> list[object]:
    places_of(simulation, fields)  # refuses an unknown venue or account
    attempts = [
        {"venue": venue, "route": str(route), "attempt": " + ".join(map(repr, steps)) or "undisturbed"}
        for (venue, route), waiting in simulation.script.waiting().items()
        for steps in waiting
        if venue == fields.get("venue", venue)
    ]
    messages = [
        {"venue": venue, "message": planned.message, "account": planned.account, "stream": repr(planned.disturbance)}
        for planned in simulation.streams.waiting
        for venue in planned.venue_ids
        if venue == fields.get("venue", venue)
    ]
    return [*attempts, *messages]


def _answers(simulation: Simulation, fields: _Fields) -> list[object]:
    """Return the answers that each venue documents, for the command ``answer``; None: carried out or not."""
    return [
        {"venue": place.venue_id, "name": name, "executed": answer.executed, "meaning": answer.title}
        for place in places_of(simulation, fields)
        for name, answer in simulation.answers_of(place.venue_id).items()
    ]


_SHOWN: Mapping[str, Callable[[Simulation, _Fields], list[object]]] = {
    "accounts": _accounts,
    "settings": _settings,
    "balances": _balances,
    "positions": _positions,
    "orders": _orders,
    "fills": _fills,
    "marks": _marks,
    "script": _script,
    "answers": _answers,
}


def _show(simulation: Simulation, fields: _Fields) -> object:
    return _SHOWN[fields["what"]](simulation, fields)


def _requests(simulation: Simulation, fields: _Fields) -> object:
    places_of(simulation, fields)  # refuses an unknown venue
    rows = [one for one in simulation.requests if one.venue == fields.get("venue", one.venue)]
    return [_request_row(arrival) for arrival in rows[-fields.get("last", len(rows)) :]]


def _request_row(arrival: Arrival) -> dict[str, object]:
    """Return a request without headers, signature and secret parameters."""
    secret = [name for name in arrival.parameters if is_secret_name(name)]
    return {
        "venue": arrival.venue,
        "route": str(arrival.endpoint_name),
        "parameters": without(secret, arrival.parameters),
        "time": from_milliseconds(arrival.at),
        "applied": arrival.applied,
        "status": arrival.status,
        "disturbances": arrival.disturbances,
    }


def _skew(simulation: Simulation, fields: _Fields) -> object:
    venue_id = find_venue(simulation, fields["venue"]) if "venue" in fields else None
    simulation.skew(float(fields["seconds"]), venue_id)
    return {"time": from_milliseconds(simulation.milliseconds(venue_id))}


def _clear(simulation: Simulation, fields: _Fields) -> object:
    if fields["what"] == "script":
        simulation.script.clear()
        simulation.streams.clear()
    else:
        simulation.requests.clear()
    return {"cleared": fields["what"]}


OF_STATE: tuple[ControlCommand, ...] = (
    ControlCommand(
        "skew",
        "Set the venues' clocks this many seconds ahead, or behind by a negative number.",
        (attrs.evolve(CLOCK, title="The seconds; 0 ends it."), VENUE),
        _skew,
        "The time afterwards, of the venue or of the first.",
    ),
    ControlCommand(
        "show",
        "Show the true state, which the venues' own answers may hide or delay.",
        (
            Field("what", FieldKind.TEXT, "The kind of rows.", required=True, choices=tuple(_SHOWN), is_word=True),
            VENUE,
            ACCOUNT,
        ),
        _show,
        "A list of rows, each with its venue and account.",
    ),
    ControlCommand(
        "requests",
        "List the requests that arrived, oldest first, without keys and signatures.",
        (Field("last", FieldKind.WHOLE, "Only so many, the newest.", minimum=1), VENUE),
        _requests,
        "A list of requests: venue, route, parameters, time, whether carried out, the status answered, disturbances.",
    ),
    ControlCommand(
        "clear",
        "Forget the disturbances that wait, or the requests that arrived.",
        (Field("what", FieldKind.TEXT, "Either.", required=True, choices=("script", "requests"), is_word=True),),
        _clear,
        "The thing that was cleared.",
    ),
)
