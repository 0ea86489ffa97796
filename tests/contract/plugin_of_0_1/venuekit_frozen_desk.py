"""An operator's plugin of version 0.1: every hook that is not a venue's, each of which notes that it was called."""

import logging

import click

from venuekit.plugin import (
    AiohttpTransport,
    Event,
    HmacSigner,
    RetryPolicy,
    Secret,
    hookimpl,
    make_budget,
)

VENUEKIT_API = 1
#: what the hooks were asked, in order
CALLS: list[str] = []
#: the kinds of steps that were observed
EVENTS: list[str] = []


class DeskSigner:
    """A signer over another one, as a vault would be."""

    def __init__(self, signer):
        self._signer = signer

    async def sign(self, payload):
        """Sign, and note it."""
        CALLS.append("sign")
        return await self._signer.sign(payload)


class DeskTransport(AiohttpTransport):
    """A transport that notes the status of each answer."""

    __slots__ = ()

    async def send(self, request):
        """Send, and note the status."""
        response = await super().send(request)
        logging.getLogger("frozen.desk").debug("%r -> %d", request, response.status)
        CALLS.append("send")
        return response


@hookimpl
def venuekit_make_signer(venue, credentials):
    """Sign for an account that names no field of its own."""
    CALLS.append(f"make_signer {venue.id}")
    return DeskSigner(HmacSigner(credentials.secret, "sha512"))


@hookimpl
def venuekit_retry_policy(venue):
    """Lower the attempts of every venue."""
    CALLS.append(f"retry_policy {venue.id}")
    return RetryPolicy(attempts=2, first_wait=0.1, longest_wait=1.0, max_wait_read=5.0)


@hookimpl
def venuekit_make_budget(pool):
    """Keep the budget that core would."""
    CALLS.append(f"make_budget {pool.limit.name}")
    return make_budget(pool.limit)


@hookimpl
def venuekit_make_transport(venue, environment, proxy):
    """Send by a transport of the desk's own."""
    CALLS.append(f"make_transport {venue.id} {environment.name}")
    return DeskTransport(proxy=proxy)


@hookimpl
def venuekit_resolve_secret(reference):
    """Resolve ``frozen:TEXT``."""
    scheme, _, text = reference.partition(":")
    return Secret(text) if scheme == "frozen" else None


def note(event: Event) -> None:
    """Note a step."""
    EVENTS.append(event.kind)


@hookimpl
def venuekit_observe(venue):
    """Observe every venue."""
    CALLS.append(f"observe {venue.id}")
    return note


@click.command("frozen-desk")
async def desk():
    """Greet."""
    click.echo("hello from 0.1")


@hookimpl
def venuekit_register_commands(register):
    """Add one command."""
    register(desk)
