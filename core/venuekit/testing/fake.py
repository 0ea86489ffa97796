"""Fakes: a transport without a network, accounts over it, and a watch that keeps everything they did."""

from __future__ import annotations

import base64
import inspect
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote

import attrs
from multidict import CIMultiDict

from venuekit import _defaults
from venuekit.account import Account
from venuekit.clock import Clock
from venuekit.credentials import Credentials, Secret, Signer
from venuekit.credentials.signer import make_venue_signer
from venuekit.hooks import hookimpl
from venuekit.message import HttpRequest, HttpResponse, Transport
from venuekit.pipeline.observe import Event, Observer
from venuekit.plugins import Plugins, make_plugins
from venuekit.runtime import Runtime
from venuekit.venue import Environment, Venue

#: a function that answers a request, or raises an error of :mod:`venuekit.errors` as a transport does
Reply: TypeAlias = Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]


class FakeTransport:
    """
    A transport whose answers come from ``reply``; ``requests`` holds the sent requests, oldest first.

    ``reply`` may be a coroutine function. It may be replaced between two requests.
    """

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.requests: list[HttpRequest] = []
        self.is_closed = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Record the request and answer it."""
        self.requests.append(request)
        answer = self.reply(request)
        return await answer if inspect.isawaitable(answer) else answer

    async def aclose(self) -> None:
        """Record that the transport was closed."""
        self.is_closed = True


def json_answer(payload: object, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return an answer whose body is ``payload`` as JSON."""
    all_headers = CIMultiDict({"Content-Type": "application/json", **(headers or {})})
    return HttpResponse(status, all_headers, json.dumps(payload, separators=(",", ":")).encode())


A = TypeVar("A", bound=Account)


class _WatchedSigner:
    """Signs like the venue's own signer, and keeps the texts of each signature; ``asdict`` of an account shows none."""

    __slots__ = ("_signer", "signatures")

    def __init__(self, signer: Signer, signatures: list[str]) -> None:
        self._signer = signer
        self.signatures = signatures

    async def sign(self, payload: bytes) -> bytes:
        signature: object = await self._signer.sign(payload)
        if not isinstance(signature, bytes):
            raise TypeError(f"the signer returned {type(signature).__name__}; sign() returns bytes")
        self.signatures.extend(_spellings(signature))
        return signature


def _spellings(signature: bytes) -> tuple[str, ...]:
    """Return the texts in which a scheme may write a signature; hex first, in halves where a wallet signs."""
    encoded = base64.b64encode(signature).decode()
    halves = (signature[:32].hex(), signature[32:64].hex()) if len(signature) == _WALLETS_LENGTH else ()
    return tuple(dict.fromkeys((signature.hex(), *halves, encoded, quote(encoded, safe=""))))


#: bytes of a recoverable signature, two numbers and a byte, that venues of wallets may write apart
_WALLETS_LENGTH = 65


@attrs.define(eq=False)
class Watch:
    """
    Hooks that record every signature and every event of an account.

    With a ``transport`` the account's requests use it instead of the network. ``signatures`` holds each signature in
    hex and in base64.
    """

    transport: Transport | None = None
    signatures: list[str] = attrs.field(factory=list, init=False, repr=False)
    events: list[Event] = attrs.field(factory=list, init=False, repr=False)

    @hookimpl
    def venuekit_make_signer(self, venue: Venue[Any], credentials: Credentials) -> Signer:
        """Sign as the venue says, else with HMAC-SHA256, and keep the signatures."""
        return _WatchedSigner(make_venue_signer(venue, credentials), self.signatures)

    @hookimpl
    def venuekit_make_transport(self, venue: Venue[Any], environment: Environment) -> Transport | None:  # noqa: ARG002
        """Return the given transport, if any."""
        return self.transport

    @hookimpl
    def venuekit_observe(self, venue: Venue[Any]) -> Observer:  # noqa: ARG002 - the hook's own name
        """Record every event."""
        return self._note

    def _note(self, event: Event) -> None:
        self.events.append(event)


def plugins_with(*hooks: object) -> Plugins:
    """Return the installed plugins, with objects whose hooks take precedence over core's own."""
    return make_plugins(defaults=(_defaults, *hooks))


@asynccontextmanager
async def account_over(
    venue: Venue[A],
    transport: Transport,
    *,
    key: str = "made-up-key",
    secret: str = "made-up-secret",  # noqa: S107 - it opens nothing
    fields: Mapping[str, Secret | str] | None = None,
    clock: Clock | None = None,
    keep_raw: bool = False,
    journal: Path | bool = False,
) -> AsyncIterator[A]:
    """
    Open an account whose requests go over ``transport``, usually a :class:`~venuekit.testing.FakeTransport`.

    The transport receives a request for the venue's time first, then the reads of the account's class on opening.
    """
    plugins = plugins_with(Watch(transport))
    credentials = Credentials.sim(f"http://127.0.0.1:9/{venue.id}", key, secret, fields=fields)
    async with Runtime(plugins=plugins, clock=clock, journal=journal) as runtime:
        yield await runtime.open(venue, credentials, keep_raw=keep_raw)
