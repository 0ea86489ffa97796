"""Streams: WebSocket connections of clients, the venue's side of each, and the hub that hands them their events."""

from __future__ import annotations

from venuekit.simulator.streams.connection import StreamConnection
from venuekit.simulator.streams.hub import StreamHub
from venuekit.simulator.streams.peer import LedgerChange, StreamPeer

__all__ = ["LedgerChange", "StreamConnection", "StreamHub", "StreamPeer"]
