"""Disturbances of the wire, and the script that plays them on the next attempts of a route."""

from __future__ import annotations

from venuekit.simulator.disturbances.answers import (
    CannedAnswer,
    ContentType,
    Cut,
    Drip,
    Oversize,
    Reject,
    Rewrite,
    Truncate,
    UnendedGzip,
)
from venuekit.simulator.disturbances.base import ArrivalInPlay, Disturbance, Proceed, Reply, Step, SwapPoint, together
from venuekit.simulator.disturbances.chance import COMMON, Choice, Draws, RandomDisturbances
from venuekit.simulator.disturbances.connections import HalfClose, Swap, Twice, Unasked
from venuekit.simulator.disturbances.losses import ApplyLater, Delay, DropAfter, DropBefore, HalfOpen, RefuseConnections
from venuekit.simulator.disturbances.script import Script
from venuekit.simulator.disturbances.states import Lag, SecondActor, StepClock

__all__ = [
    "COMMON",
    "ApplyLater",
    "ArrivalInPlay",
    "CannedAnswer",
    "Choice",
    "ContentType",
    "Cut",
    "Delay",
    "Disturbance",
    "Draws",
    "Drip",
    "DropAfter",
    "DropBefore",
    "HalfClose",
    "HalfOpen",
    "Lag",
    "Oversize",
    "Proceed",
    "RandomDisturbances",
    "RefuseConnections",
    "Reject",
    "Reply",
    "Rewrite",
    "Script",
    "SecondActor",
    "Step",
    "StepClock",
    "Swap",
    "SwapPoint",
    "Truncate",
    "Twice",
    "Unasked",
    "UnendedGzip",
    "together",
]
