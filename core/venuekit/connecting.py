"""The way in: connect() to one account of a venue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar, overload
from weakref import WeakKeyDictionary

import attrs

from venuekit import errors
from venuekit.message import TRANSPORTS
from venuekit.runtime import Runtime

if TYPE_CHECKING:
    from venuekit.account import Account
    from venuekit.credentials import Credentials
    from venuekit.pipeline import Guard
    from venuekit.venue import Venue

A = TypeVar("A", bound="Account")


@attrs.define(eq=False)
class _Shared:
    """A loop's own runtime and how many accounts use it."""

    runtime: Runtime
    users: int = 0


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, _Shared] = WeakKeyDictionary()


@asynccontextmanager
async def _runtime_of_loop(runtime: Runtime | None) -> AsyncIterator[Runtime]:
    """Give the runtime, or the one that all who bring none share on this loop; its last user closes it."""
    if runtime is not None:
        yield runtime
        return
    loop = asyncio.get_running_loop()
    shared = _shared.get(loop)
    if shared is None:
        shared = _shared[loop] = _Shared(Runtime())
    shared.users += 1
    try:
        yield shared.runtime
    finally:
        shared.users -= 1
        if not shared.users:
            _shared.pop(loop, None)
            await shared.runtime.close()


@overload
def connect(
    venue: Venue[A],
    credentials: Credentials,
    *,
    runtime: Runtime | None = ...,
    guard: Guard | None = ...,
    read_only: bool = ...,
    transport: str = ...,
    keep_raw: bool = ...,
    name: str | None = ...,
) -> AbstractAsyncContextManager[A]: ...


@overload
def connect(
    venue: str,
    credentials: Credentials,
    *,
    runtime: Runtime | None = ...,
    guard: Guard | None = ...,
    read_only: bool = ...,
    transport: str = ...,
    keep_raw: bool = ...,
    name: str | None = ...,
) -> AbstractAsyncContextManager[Account]: ...


def connect(
    venue: Venue[Any] | str,
    credentials: Credentials,
    *,
    runtime: Runtime | None = None,
    guard: Guard | None = None,
    read_only: bool = False,
    transport: str = "rest",
    keep_raw: bool = False,
    name: str | None = None,
) -> AbstractAsyncContextManager[Any]:
    """
    Open an account.

    Args:
        venue: A venue's id (``venuekit venues`` lists the installed ones), or the venue itself.
        credentials: Key and secret; they say which environment this is.
        runtime: The state that accounts share; by default that of the running loop, closed by its last user.
        guard: The limits of the account.
        read_only: Let nothing pass that changes anything.
        transport: The carrier of requests: ``"rest"``, or ``"websocket"`` for the venue's WebSocket API, where HTTP
            carries the rest.
        keep_raw: Keep the venue's own objects in the ``raw`` of values.
        name: The name of the account for observers and logs, if any.

    Raises:
        UnknownVenue, PluginError, ConfigurationError, CredentialsError: nothing was sent.
        OperationError: the venue could not be reached, or refuses the account.
    """
    if transport not in TRANSPORTS:
        raise errors.ConfigurationError(f"no transport {transport!r}; there are {' and '.join(map(repr, TRANSPORTS))}")
    options = {"guard": guard, "read_only": read_only, "keep_raw": keep_raw, "name": name, "transport": transport}
    return _open_account(venue, credentials, runtime=runtime, **options)


@asynccontextmanager
async def _open_account(
    venue: Venue[Any] | str, credentials: Credentials, *, runtime: Runtime | None, **options: Any
) -> AsyncIterator[Account]:
    async with _runtime_of_loop(runtime) as joined:
        plugins = await joined.find_plugins()
        found = await plugins.load(venue) if isinstance(venue, str) else venue
        account = await joined.open(found, credentials, **options)
        try:
            yield account
        finally:
            account.close()
            await account._session.wire.aclose()  # noqa: SLF001 - its own connection ends with it
