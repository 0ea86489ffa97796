"""Requests over a socket: those that a client sends as messages of its connection, many at a time."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from venuekit.simulator.access import SimKey
from venuekit.simulator.message import Response, SimRequest


@attrs.frozen
class SocketRequest:
    """
    A request that came over a connection, in the form that it has over HTTP.

    ``answer`` sends a response in the form of the socket; it is called for each that goes back. ``signed_in`` is the
    key that logged in on the connection, None where the request is signed by itself. ``counts_for_address`` is whether
    it pays the limits of the client's address, too.
    """

    request: SimRequest
    answer: Callable[[Response], None] = attrs.field(repr=False)
    signed_in: SimKey | None = attrs.field(default=None, kw_only=True)
    counts_for_address: bool = attrs.field(default=True, kw_only=True)
