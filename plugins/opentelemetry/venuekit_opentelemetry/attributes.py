"""Attributes of spans and metrics, by the semantic conventions for HTTP clients where those have a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from venuekit.plugin import Event

Attributes: TypeAlias = dict[str, str | bool | int | float]

#: signed requests travel by https alone, but to this machine
_HTTPS_PORT = 443


def attributes_of_venue(event: Event) -> Attributes:
    """Return the venue and environment of an event."""
    attributes: Attributes = {"venuekit.venue": event.venue}
    if event.environment is not None:
        attributes["venuekit.environment"] = event.environment
    return attributes


def attributes_of_account(event: Event) -> Attributes:
    """Return the venue, environment and account of an event; an account without a name is left out."""
    attributes = attributes_of_venue(event)
    if event.account is not None:
        attributes["venuekit.account"] = event.account
    return attributes


def attributes_of_operation(event: Event) -> Attributes:
    """Return the facts about an operation, for its span."""
    attributes = attributes_of_account(event) | {"venuekit.operation": event.operation}
    if event.subject is not None:
        attributes["venuekit.symbol"] = event.subject
    if event.effect is not None:
        attributes["venuekit.effect"] = event.effect.value
    if event.priority is not None:
        attributes["venuekit.priority"] = event.priority.name.lower()
    return attributes


def attributes_of_request(event: Event) -> Attributes:
    """
    Return the facts about a request: method, documented path, server.

    There is no ``url.full`` among them: the URL that was sent has a signature in it.
    """
    attributes: Attributes = {}
    if event.endpoint is not None:
        attributes |= {"http.request.method": event.endpoint.verb, "url.template": event.endpoint.path}
    if event.host:
        server = urlsplit(f"//{event.host}")
        attributes |= {"server.address": server.hostname or event.host, "server.port": server.port or _HTTPS_PORT}
    return attributes


def attributes_of_answer(event: Event) -> Attributes:
    """Return the status of an answer, and the type of an error: a status from 400 on, or else its class."""
    attributes: Attributes = {}
    if event.status is not None:
        attributes["http.response.status_code"] = event.status
    if event.status is not None and event.status >= 400:
        attributes["error.type"] = str(event.status)
    elif event.error is not None:
        attributes["error.type"] = type(event.error).__name__
    if event.code is not None:
        attributes["venuekit.code"] = str(event.code)
    return attributes
