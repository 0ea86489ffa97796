"""A simulation with its control port, and the plain HTTP that speaks to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import aiohttp
import attrs

from venuekit.simulator import Simulation
from venuekit.simulator.control import ControlServer


@attrs.frozen
class Told:
    """The answer of the port: status and JSON."""

    status: int
    json: Any

    @property
    def error(self) -> str:
        """The sentence of a refusal, which is all that a refusal holds."""
        assert list(self.json) == ["error"]
        return str(self.json["error"])


@attrs.frozen
class Stand:
    """A simulation with its control port; :meth:`tell` calls a command."""

    sim: Simulation
    control: ControlServer

    async def tell(self, name: str, /, **fields: object) -> Told:
        """Call a command with JSON fields."""
        return await self.send("POST", f"/{name}", json.dumps(fields).encode(), {"Content-Type": "application/json"})

    async def send(self, verb: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Told:
        """Send any request."""
        async with (
            aiohttp.ClientSession(skip_auto_headers=["Content-Type"]) as session,
            session.request(verb, f"{self.control.url}{path}", data=BytesIO(body), headers=headers) as answer,
        ):
            return Told(answer.status, await answer.json())
