"""Commands that change a simulation: the market, and the accounts; for the control port, and for second actors."""

from __future__ import annotations

from collections.abc import Mapping

from venuekit.simulator.commands.account import OF_ACCOUNTS
from venuekit.simulator.commands.command import ACCOUNT, CLOCK, VENUE, ControlCommand, as_json
from venuekit.simulator.commands.market import MARKET
from venuekit.simulator.commands.places import Place, find_account, find_venue, places_of, places_with

__all__ = [
    "ACCOUNT",
    "ACTIONS",
    "CLOCK",
    "MARKET",
    "OF_ACCOUNTS",
    "VENUE",
    "ControlCommand",
    "Place",
    "as_json",
    "find_account",
    "find_venue",
    "places_of",
    "places_with",
]

ACTIONS: Mapping[str, ControlCommand] = {command.name: command for command in (*MARKET, *OF_ACCOUNTS)}
"""The commands by name."""
