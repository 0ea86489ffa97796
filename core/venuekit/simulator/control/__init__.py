"""
The control port: commands that script a running simulation, over HTTP and JSON.

One table, :data:`COMMANDS`, holds every command with its fields. The server, its OpenAPI document and the subcommands
of ``venuekit sim`` follow from it.
"""

from __future__ import annotations

from venuekit.simulator.control.commands import COMMANDS
from venuekit.simulator.control.openapi import make_openapi
from venuekit.simulator.control.server import DEFAULT_PORT, ControlServer

__all__ = ["COMMANDS", "DEFAULT_PORT", "ControlServer", "make_openapi"]
