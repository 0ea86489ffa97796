"""
The pluggy contract for plugin authors: the hooks, and the marker that implements one.

Two entry-point groups lead here. A distribution in ``venuekit.venues`` (name = venue id) provides a venue and may
implement :func:`venuekit_register_venues` only. One in ``venuekit.plugins`` is loaded at start and may implement every
other hook. A plugin module says with ``VENUEKIT_API = 1`` which version of this contract it was written for.

Version 1 is the list in :mod:`venuekit.plugin` and these hooks. A hook keeps its arguments as long as the version: one
that is to go, or gets another name, is given on, and marked by ``hookspec(warn_on_impl_args={"old":
DeprecationWarning("take new instead")})``. pluggy warns the author of a plugin that takes it, and venuekit its user.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from venuekit.credentials import Credentials, Secret, Signer
    from venuekit.message import Transport
    from venuekit.pipeline import Budget, BudgetStore, Observer, PoolName, Proxy, RetryPolicy
    from venuekit.venue import Environment, Venue

__all__ = [
    "API_VERSION",
    "PROJECT",
    "hookimpl",
    "venuekit_make_budget",
    "venuekit_make_budget_store",
    "venuekit_make_signer",
    "venuekit_make_transport",
    "venuekit_observe",
    "venuekit_register_commands",
    "venuekit_register_venues",
    "venuekit_resolve_secret",
    "venuekit_retry_policy",
]

PROJECT = "venuekit"
#: the version of this contract; a plugin's VENUEKIT_API must equal it
API_VERSION = 1

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec(historic=True)
def venuekit_register_venues(register: Callable[[Venue[Any]], None]) -> None:
    """Register the venues this distribution provides, by calling ``register`` with each."""


@hookspec(firstresult=True)
def venuekit_make_signer(venue: Venue[Any], credentials: Credentials) -> Signer | None:
    """
    Return the signer for these credentials, None to let others answer; called once per account.

    Where no plugin answers, the venue's own ``make_signer`` does, and without one core signs by the kind of the secret:
    HMAC-SHA256 with a text, RSA or Ed25519 with a private key in PEM.
    """


@hookspec(firstresult=True)
def venuekit_retry_policy(venue: Venue[Any]) -> RetryPolicy | None:
    """Return a policy that lowers attempts and waits; it can never widen the set of repeated requests."""


@hookspec(firstresult=True)
def venuekit_make_budget(pool: PoolName) -> Budget | None:
    """Return the budget that keeps one pool; called once per pool."""


@hookspec(firstresult=True)
def venuekit_make_budget_store() -> BudgetStore | None:
    """
    Return the store of pools that this process shares with others; called once per runtime.

    Where no plugin answers, core's is the one of ``VENUEKIT_BUDGET``; without one each process has its own pools.
    """


@hookspec(firstresult=True)
def venuekit_make_transport(venue: Venue[Any], environment: Environment, proxy: Proxy | None) -> Transport | None:
    """Return a transport, through the user's proxy if there is one; called once per venue and environment."""


@hookspec(firstresult=True)
def venuekit_resolve_secret(reference: str) -> Secret | None:
    """Return the secret that a reference such as ``env:NAME`` names; runs in a worker thread and may block."""


@hookspec
def venuekit_observe(venue: Venue[Any]) -> Observer | None:
    """Return an observer of every operation on this venue; called once per venue."""


@hookspec
def venuekit_register_commands(register: Callable[[Any], None]) -> None:
    """Register extra commands of the command line, by calling ``register`` with each click command."""
