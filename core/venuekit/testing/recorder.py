"""
The recorder: asks every endpoint of an account, and keeps the answers as recorded answers.

``venuekit record`` is its command. It asks with the recorded parameters of an endpoint, or else with found ones: a
symbol, ids of earlier answers, the first of the choices that a parameter has. Everything private is replaced before it
is kept (:mod:`venuekit.testing.redaction`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from venuekit.account import Account
from venuekit.capabilities import InstrumentReader, InstrumentStatus
from venuekit.credentials import redact
from venuekit.encoding import write_json
from venuekit.endpoint import Endpoint, Security
from venuekit.errors import AuthenticationFailed, VenuekitError
from venuekit.hooks import hookimpl
from venuekit.message import HttpRequest, HttpResponse, Transport
from venuekit.parameters import Kind, Parameter, Role
from venuekit.simulator import SimRequest
from venuekit.simulator.routing import Routes
from venuekit.testing.recorded import Recorded, RecordedCase
from venuekit.testing.redaction import Redaction
from venuekit.testing.replay import Replay
from venuekit.testing.sent import as_text, caller_parameters, caller_value
from venuekit.venue import Environment, Refusal, Venue

_IDS = frozenset({Role.ORDER_ID, Role.CLIENT_ID})
#: refusals of a key after which no more is asked; a single endpoint may refuse one that others accept
_REJECTIONS = 3
#: rows of one list that are kept
_MOST_ROWS = 5


@attrs.frozen
class Exchange:
    """One answered request of an endpoint: the parameters of the client as they were sent, status and body."""

    endpoint: Endpoint[Any]
    parameters: Mapping[str, Any]
    status: int
    body: bytes = attrs.field(repr=False)


@attrs.frozen
class Recording:
    """
    The answer of one endpoint as a recorded answer, or the reason why there is none.

    ``case`` is a success, else the refusal of the last attempt, None where nothing was answered; ``reason`` says why
    there is no success, None with one.
    """

    endpoint: Endpoint[Any]
    case: RecordedCase | None
    reason: str | None = None


class Tape:
    """Keeps every exchange with one venue, oldest first."""

    def __init__(self, venue: Venue[Any]) -> None:
        self.exchanges: list[Exchange] = []
        self._venue = venue
        replay = Replay(venue, Recorded(Path(), ()), lambda key: key)
        self._routes = Routes(venue, replay)

    def note(self, request: HttpRequest, response: HttpResponse, environment: Environment) -> None:
        """Keep an exchange with one of the venue's endpoints; others, such as redirects, are none."""
        bases = (environment.rest, *environment.further_hosts.values())
        base = next((base for base in bases if request.url.startswith(base)), "")
        path, _, query = request.url.removeprefix(base).partition("?")
        arrived = SimRequest.of(request.verb, path, query=query, body=request.body or b"", headers=request.headers)
        route, read = self._routes.find(arrived)
        endpoint = None if route is None else self._venue.endpoint_at(*route.name)
        if endpoint is not None:
            sent = {name: read.parameters[name] for name in endpoint.by_name if name in read.parameters}
            self.exchanges.append(Exchange(endpoint, sent, response.status, response.body))

    def has_success(self, endpoint: Endpoint[Any]) -> bool:
        """Return whether an endpoint has answered with a success."""
        return any(one.endpoint is endpoint and _read(self._venue, one) is None for one in self.exchanges)

    @hookimpl(wrapper=True)
    def venuekit_make_transport(self, environment: Environment) -> Generator[None, Transport, Transport]:
        """Keep everything that passes the transport that would be used otherwise."""
        return _TapedTransport((yield), self, environment)

    def recordings(
        self,
        endpoints: Iterable[Endpoint[Any]],
        source: str,
        failures: Mapping[Endpoint[Any], str],
        *,
        symbol: str | None,
    ) -> list[Recording]:
        """
        Return the answers: the first success of each endpoint, else its last refusal, without anything private.

        Made-up ids are numbered in the order of the endpoints. A long list keeps few rows, those of ``symbol`` first.
        ``source`` is the origin that the recorded answers name, ``failures`` says why an endpoint has no success.
        """
        named = [parameter for endpoint in self._venue.endpoints for parameter in endpoint.parameters]
        redaction = Redaction([one.name for one in named if one.role in _IDS or one.secret])
        recordings: list[Recording] = []
        for endpoint in endpoints:
            cases = [(one, _read(self._venue, one)) for one in self.exchanges if one.endpoint is endpoint]
            success = next((one for one in cases if one[1] is None), None)
            chosen = success or (cases[-1] if cases else None)
            case = None if chosen is None else _case_of(*chosen, redaction, source, symbol)
            reason = None if success else failures.get(endpoint) or _reason_of(case)
            recordings.append(Recording(endpoint, case, reason))
        return recordings


class _TapedTransport:
    """A transport whose exchanges are kept."""

    def __init__(self, transport: Transport, tape: Tape, environment: Environment) -> None:
        self._transport = transport
        self._tape = tape
        self._environment = environment

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send the request, and keep it with its answer."""
        response = await self._transport.send(request)
        self._tape.note(request, response, self._environment)
        return response

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Recorder:
    """
    Asks the endpoints of an account.

    An endpoint is asked with its recorded parameters, in which ids are those of this account. One without a recorded
    success is asked with found parameters, unless it writes. ``failures`` holds the reasons of those without an answer.
    """

    def __init__(self, account: Account, tape: Tape, recorded: Recorded, *, symbol: str | None = None) -> None:
        self._account = account
        self._tape = tape
        self._recorded = recorded
        self._symbol = symbol
        self.failures: dict[Endpoint[Any], str] = {}
        self._rejections = 0

    async def find_symbol(self) -> str | None:
        """Return the symbol to ask for: the given one, else a recorded one, else the first that the venue lists."""
        if self._symbol is None:
            named = [
                case.parameters.get(endpoint.name_of(Role.SYMBOL) or "")
                for endpoint in self._account.venue.endpoints
                for case in self._recorded.of(endpoint)
                if case.is_success
            ]
            self._symbol = next((as_text(symbol) for symbol in named if symbol), None)
        if self._symbol is None and self._account.support(InstrumentReader):
            with suppress(VenuekitError):  # an account is recorded also when its instruments cannot be read
                listed = await InstrumentReader.of(self._account).get_instruments()
                is_trading = (one.symbol for one in listed if one.status == InstrumentStatus.TRADING.value)
                self._symbol = next(is_trading, None)
        return self._symbol

    async def ask_all(self, endpoints: Iterable[Endpoint[Any]]) -> None:
        """Ask endpoints, those again that lacked an id when an answer has brought it; errors as of :meth:`ask`."""
        await self.find_symbol()
        waiting = list(endpoints)
        while waiting:
            answered = [endpoint for endpoint in waiting if await self.ask(endpoint)]
            waiting = [one for one in waiting if one not in answered and self._parameters(one) is None]
            if not answered:
                return

    async def ask(self, endpoint: Endpoint[Any]) -> bool:
        """
        Ask one endpoint, and return whether it was asked; a refusal is an answer.

        Raises:
            AuthenticationFailed: the key was refused several times and accepted nowhere.
        """
        parameters = self._parameters(endpoint)
        if parameters is None:
            return False
        more = {**self._likely(endpoint), **parameters}
        for attempt in [parameters] if more == parameters else [parameters, more]:
            try:
                await self._account.call(endpoint, **attempt)
            except VenuekitError as error:
                self.failures[endpoint] = str(error)
                self._check_key(error)
            else:
                break
        return True

    def _check_key(self, error: VenuekitError) -> None:
        """Raise an error of authentication after others, unless an endpoint that needs the key has answered."""
        if not isinstance(error, AuthenticationFailed):
            return
        self._rejections += 1
        with_key = (one for one in self._account.venue.endpoints if one.security is not Security.NONE)
        if self._rejections >= _REJECTIONS and not any(map(self._tape.has_success, with_key)):
            raise error

    def _parameters(self, endpoint: Endpoint[Any]) -> dict[str, Any] | None:
        """Return the parameters to ask with; None, and the reason in mind, where one that is needed has no value."""
        case = next((case for case in self._recorded.of(endpoint) if case.is_success), None)
        known = {} if case is None else caller_parameters(endpoint, case.parameters)
        if case is None and endpoint.is_write:
            self.failures[endpoint] = "it writes, and no recorded answer has its parameters"
            return None
        parameters: dict[str, Any] = {}
        for parameter in endpoint.parameters:
            needed = parameter.name in known or parameter.name in endpoint.required
            if not needed or parameter.local:
                continue
            own = self._look_up(parameter) if parameter.role in _IDS else None
            value = own if own is not None else known.get(parameter.name)
            value = self._find(parameter) if value is None else value
            if value is None:
                self.failures[endpoint] = f"no value of {parameter.name} is known: record one answer by hand"
                return None
            parameters[parameter.name] = value
        return parameters

    def _likely(self, endpoint: Endpoint[Any]) -> dict[str, Any]:
        """Return further parameters that a read may need: the symbol, and the name of an order that was answered."""
        if endpoint.is_write:
            return {}
        symbol = endpoint.name_of(Role.SYMBOL)
        likely = {} if symbol is None or self._symbol is None else {symbol: self._symbol}
        for parameter in endpoint.parameters:
            value = self._look_up(parameter) if parameter.role in _IDS else None
            if value is not None:
                return {**likely, parameter.name: value}
        return likely

    def _find(self, parameter: Parameter) -> Any:
        """Return a value for a parameter without a recorded one, None without any."""
        if parameter.role is Role.SYMBOL:
            return self._symbol
        if parameter.choices:
            return caller_value(parameter, sorted(parameter.choices)[0])
        if parameter.minimum is not None:
            return caller_value(parameter, as_text(parameter.minimum))
        if parameter.kind is Kind.BOOLEAN:
            return False
        return self._look_up(parameter)

    def _look_up(self, parameter: Parameter) -> Any:
        """Return the value that a field of a parameter's name has in an earlier answer, None without any."""
        for exchange in self._tape.exchanges:
            for name, value in _scalars(_json_of(exchange.body)):
                if name.lower() == parameter.name.lower() and value not in {None, "", 0, "0"}:
                    return caller_value(parameter, as_text(value))
        return None

    def recordings(self, endpoints: Iterable[Endpoint[Any]], source: str) -> list[Recording]:
        """Return the answers; as of :meth:`Tape.recordings`."""
        return self._tape.recordings(endpoints, source, self.failures, symbol=self._symbol)


def _read(venue: Venue[Any], exchange: Exchange) -> Refusal | None:
    """Return the refusal in an answer, a foreign one where it is not the venue's format, None for a success."""
    try:
        return venue.answers(HttpResponse(exchange.status, {}, exchange.body))
    except ValueError as error:
        return Refusal(code=None, message=str(error))


def _reason_of(case: RecordedCase | None) -> str:
    if case is None:
        return "no parameters are recorded, and no method could be called"
    return f"it was refused: {case.message if case.code is None else case.code}"


def _case_of(
    exchange: Exchange, refusal: Refusal | None, redaction: Redaction, source: str, symbol: str | None
) -> RecordedCase:
    endpoint = exchange.endpoint
    body = _json_of(exchange.body)
    for path in endpoint.rows:
        body = _shorten(body, path, symbol)
    text = isinstance(body, str) and not exchange.body.lstrip().startswith(b'"')
    kept = redaction.redact(body)
    parameters = {name: _plain(endpoint.by_name[name], value) for name, value in exchange.parameters.items()}
    return RecordedCase(
        name=name_of(endpoint),
        source=source,
        verb=endpoint.verb,
        path=endpoint.path,
        action=endpoint.action,
        security=endpoint.security,
        parameters=redaction.redact(parameters),
        status=exchange.status,
        body=(kept if text else write_json(kept)).encode(),
        code=None if refusal is None else refusal.code,
        message=None if refusal is None or refusal.code is not None else redact(refusal.message),
    )


def name_of(endpoint: Endpoint[Any]) -> str:
    """Return the name of an endpoint's first recorded answer, without ``.json``."""
    return "_".join(re.findall(r"\w+", " ".join((endpoint.verb.lower(), endpoint.path, *endpoint.action.values()))))


def _plain(parameter: Parameter, value: Any) -> Any:
    """Return a sent parameter as a recorded one: whole numbers, flags and lists as such, all else as text."""
    if parameter.kind is Kind.INTEGER:
        return int(as_text(value))
    if parameter.kind is Kind.BOOLEAN:
        return as_text(value) == "true"
    if parameter.kind is Kind.LIST and isinstance(value, str):
        return json.loads(value, parse_float=Decimal)
    return value


def _shorten(body: Any, path: Sequence[str | int], symbol: str | None) -> Any:
    """Return an answer with few rows in a list: those of the symbol, then the first of the others."""
    if path:
        try:
            inside = _shorten(body[path[0]], path[1:], symbol)
        except (LookupError, TypeError):
            return body
        copied: dict[Any, Any] = dict(body) if isinstance(body, dict) else dict(enumerate(body))
        copied[path[0]] = inside
        return copied if isinstance(body, dict) else list(copied.values())
    if not isinstance(body, list) or len(body) <= _MOST_ROWS:
        return body
    others = sorted(range(len(body)), key=lambda i: (symbol not in [value for _, value in _scalars(body[i])], i))
    return [body[i] for i in sorted(others[:_MOST_ROWS])]


def _json_of(body: bytes) -> Any:
    """Return a body's JSON value, its text where it is none."""
    try:
        return json.loads(body, parse_float=Decimal)
    except ValueError:
        return body.decode(errors="replace")


def _scalars(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the texts, numbers and flags of a JSON value with the names of their fields."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _scalars(part, str(key))
    elif isinstance(value, list):
        for part in value:
            yield from _scalars(part, name)
    else:
        yield name, value
