"""The server of the control port: HTTP and JSON on loopback, for this machine's own programs alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import attrs
from aiohttp import web

from venuekit._util.texts import did_you_mean
from venuekit.errors import ConfigurationError
from venuekit.simulator.control.commands import COMMANDS
from venuekit.simulator.control.openapi import make_openapi
from venuekit.simulator.fields import exact_number, refuse_constant
from venuekit.simulator.ledger import Refused
from venuekit.simulator.simulation import Simulation

_HOST = "127.0.0.1"
#: the names under which this machine's programs reach it; any other is that of a page whose name was bound to loopback
_NAMES = (_HOST, "localhost")
DEFAULT_PORT = 7799


@attrs.frozen
class _RefusedRequest(Exception):
    """A request is refused with a status and one sentence."""

    status: int
    sentence: str


class ControlServer:
    """
    The control port of a running simulation; an async context manager.

    Every command is ``POST /NAME`` with a JSON object, ``GET /openapi.json`` documents them, ``GET /`` lists them.
    It belongs to the simulation's event loop.
    """

    def __init__(self, simulation: Simulation, *, port: int = DEFAULT_PORT) -> None:
        self._simulation = simulation
        self._wanted = port
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> Self:
        """
        Start listening; port 0 takes a free one.

        Raises:
            ConfigurationError: the port is in use, or this process may not listen on it.
        """
        runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, _HOST, self._wanted).start()
        except OSError as error:
            await runner.cleanup()
            words = f"cannot listen on port {self._wanted} of {_HOST} for control: {error.strerror}"
            raise ConfigurationError(f"{words}; --control=0 takes a free one") from error
        self._runner = runner
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    @property
    def port(self) -> int:
        """The port; 0 while it is closed."""
        return self._runner.addresses[0][1] if self._runner is not None else 0

    @property
    def url(self) -> str:
        """The URL, without a trailing slash."""
        return f"http://{_HOST}:{self.port}"

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            answer = await self._answer(request)
        except _RefusedRequest as refused:
            return _json({"error": refused.sentence}, refused.status)
        except ConfigurationError as error:
            return _json({"error": str(error)}, 400)
        except Refused as error:
            return _json({"error": f"the ledger refuses: {error}"}, 400)
        return _json(answer, 200)

    async def _answer(self, request: web.BaseRequest) -> object:
        self._check_origin(request)
        name = request.path.removeprefix("/")
        if request.method == "GET" and name in {"", "openapi.json"}:
            return make_openapi(COMMANDS, self.url) if name else _overview()
        command = COMMANDS.get(name)
        if command is None:
            others = did_you_mean(name, COMMANDS) or f"; there are {', '.join(COMMANDS)}"
            raise _RefusedRequest(404, f"there is no command {name!r}{others}")
        if request.method != "POST":
            raise _RefusedRequest(405, f"{name} is a command: POST /{name}, not {request.method}")
        return command.run(self._simulation, await _read_object(request))

    def _check_origin(self, request: web.BaseRequest) -> None:
        """Refuse pages of other sites, which a browser on this machine may show."""
        places = {f"{name}:{self.port}" for name in _NAMES}
        host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
        if host.lower() not in places:
            raise _RefusedRequest(403, f"the Host header is {host!r}, which is not {_HOST}:{self.port}")
        if origin is not None and origin.lower() not in {f"http://{place}" for place in places}:
            raise _RefusedRequest(403, f"the Origin header is {origin!r}: pages of other sites have no part here")


def _overview() -> object:
    return {
        "commands": {command.name: command.title for command in COMMANDS.values()},
        "call": "POST /NAME with Content-Type: application/json and a JSON object of the command's fields",
        "documentation": "/openapi.json",
    }


async def _read_object(request: web.BaseRequest) -> Mapping[str, object]:
    kind = request.content_type if "Content-Type" in request.headers else "missing"
    if kind != "application/json":
        raise _RefusedRequest(400, f"the Content-Type is {kind}; expected application/json")
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise _RefusedRequest(400, "the body is longer than 1 MiB") from error
    except web.RequestPayloadError as error:
        raise _RefusedRequest(400, "the body is not encoded as its headers say") from error
    try:
        read = json.loads(body, parse_float=exact_number, parse_constant=refuse_constant, object_pairs_hook=_no_twins)
    except (ValueError, RecursionError) as error:
        raise _RefusedRequest(400, f"the body is no JSON: {error}; expected an object, as {{}}") from error
    if not isinstance(read, dict):
        raise _RefusedRequest(400, "the body is no JSON object; expected the fields of the command, as {}")
    return read


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise ValueError(f"{name!r} is given twice")
        fields[name] = value
    return fields


def _json(value: object, status: int) -> web.Response:
    return web.Response(status=status, text=json.dumps(value) + "\n", content_type="application/json")
