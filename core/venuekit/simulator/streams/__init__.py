"""Streams: WebSocket connections of clients, the venue's side of each, and the hub that hands them their events."""

from __future__ import annotations

from venuekit.simulator.streams.connection import StreamConnection
from venuekit.simulator.streams.disturbances import (
    StreamCut,
    StreamDelay,
    StreamDisturbance,
    StreamDuplicate,
    StreamExpiry,
    StreamHalfOpen,
    StreamInPlay,
    StreamOverflow,
    StreamReorder,
    StreamRestart,
    StreamSilence,
)
from venuekit.simulator.streams.hub import PlannedDisturbance, StreamHub
from venuekit.simulator.streams.peer import LedgerChange, StreamPeer
from venuekit.simulator.streams.requests import SocketRequest

__all__ = [
    "LedgerChange",
    "PlannedDisturbance",
    "SocketRequest",
    "StreamConnection",
    "StreamCut",
    "StreamDelay",
    "StreamDisturbance",
    "StreamDuplicate",
    "StreamExpiry",
    "StreamHalfOpen",
    "StreamHub",
    "StreamInPlay",
    "StreamOverflow",
    "StreamPeer",
    "StreamReorder",
    "StreamRestart",
    "StreamSilence",
]
