"""Core's own answers to the hooks; every plugin is asked before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from venuekit.hooks import hookimpl

if TYPE_CHECKING:
    from venuekit.credentials import Credentials, Signer
    from venuekit.event_log import EventLog
    from venuekit.message import Transport
    from venuekit.pipeline import Budget, BudgetStore, PoolName, Proxy, RetryPolicy
    from venuekit.venue import Environment, Venue


@hookimpl(trylast=True)
def venuekit_make_signer(venue: Venue[Any], credentials: Credentials) -> Signer:
    """Sign as the venue says, else by the kind of the secret."""
    from venuekit.credentials.signer import make_venue_signer

    return make_venue_signer(venue, credentials)


@hookimpl(trylast=True)
def venuekit_retry_policy(venue: Venue[Any]) -> RetryPolicy:  # noqa: ARG001 - the hook's own name
    """Answer with the documented defaults."""
    from venuekit.pipeline import RetryPolicy

    return RetryPolicy()


@hookimpl(trylast=True)
def venuekit_make_budget(pool: PoolName) -> Budget:
    """Keep the pool in this process."""
    from venuekit.pipeline.pools import make_budget

    return make_budget(pool.limit)


@hookimpl(trylast=True)
def venuekit_make_budget_store() -> BudgetStore | None:
    """Share budgets through the server that the environment names, if it names one."""
    from venuekit.pipeline.shared_url import chosen_store

    address = chosen_store(None)
    if address is None:
        return None
    from venuekit.pipeline.redis_store import RedisStore

    return RedisStore(address)


@hookimpl(trylast=True)
def venuekit_make_transport(venue: Venue[Any], environment: Environment, proxy: Proxy | None) -> Transport:  # noqa: ARG001 - the hook's own names
    """Carry requests over aiohttp."""
    from venuekit.pipeline.transport import AiohttpTransport

    return AiohttpTransport(proxy=proxy)


@hookimpl(trylast=True)
def venuekit_observe(venue: Venue[Any]) -> EventLog | None:  # noqa: ARG001 - the hook's own name
    """Log the events where ``venuekit --log`` or ``VENUEKIT_LOG`` asks for it."""
    from venuekit.event_log import make_event_log

    return make_event_log()
