"""Disturbances of the wire, and the script that plays them on the next attempts of a route."""

from __future__ import annotations

from venuekit.simulator.disturbances.answers import CannedAnswer, Cut, Rewrite, Truncate
from venuekit.simulator.disturbances.base import ArrivalInPlay, Disturbance, Proceed, Reply, Step, together
from venuekit.simulator.disturbances.chance import COMMON, Choice, Draws, RandomDisturbances
from venuekit.simulator.disturbances.connections import HalfClose, Twice, Unasked
from venuekit.simulator.disturbances.losses import ApplyLater, Delay, DropAfter, DropBefore
from venuekit.simulator.disturbances.script import Script
from venuekit.simulator.disturbances.states import Lag, SecondActor

__all__ = [
    "COMMON",
    "ApplyLater",
    "ArrivalInPlay",
    "CannedAnswer",
    "Choice",
    "Cut",
    "Delay",
    "Disturbance",
    "Draws",
    "DropAfter",
    "DropBefore",
    "HalfClose",
    "Lag",
    "Proceed",
    "RandomDisturbances",
    "Reply",
    "Rewrite",
    "Script",
    "SecondActor",
    "Step",
    "Truncate",
    "Twice",
    "Unasked",
    "together",
]
