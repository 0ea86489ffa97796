"""What arrived at the simulator: the log that tests count in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from venuekit.simulator.message import SimRequest

__all__ = ["Arrival"]


@attrs.define(kw_only=True)
class Arrival:
    """
    One request that arrived complete.

    ``parameters`` are without the signature. ``at`` is in milliseconds on the venue's clock. ``applied`` says whether
    the venue carried it out (reads too), None while that is open; ``status`` is that of the answer, None as long as
    none left. ``request`` has everything, key and signature too, and is not shown.
    """

    venue: str
    verb: str
    path: str
    parameters: Mapping[str, Any]
    at: int
    request: SimRequest = attrs.field(repr=False)
    applied: bool | None = None
    status: int | None = None
