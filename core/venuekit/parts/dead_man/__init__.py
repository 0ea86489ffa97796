"""
Dead man's switches: parts of accounts at venues that cancel orders when a program is gone.

:class:`CountdownSwitchPart` renews countdowns, :class:`DisconnectSwitchPart` keeps a connection that the venue watches,
with the window of a :class:`DisconnectRoute`. A venue declares a :class:`~venuekit.capabilities.DeadManBehaviour`,
which says what its switch watches.
"""

from __future__ import annotations

from venuekit.parts.dead_man.countdown_switch import CountdownSwitchPart
from venuekit.parts.dead_man.disconnect_switch import DisconnectRoute, DisconnectSwitchPart

__all__ = ["CountdownSwitchPart", "DisconnectRoute", "DisconnectSwitchPart"]
