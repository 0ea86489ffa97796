"""The way in: connect() to one account of a venue for a block, or open() it until it is closed."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar, overload
from weakref import WeakKeyDictionary

import attrs

from venuekit.errors import ConfigurationError
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


async def _join_runtime(runtime: Runtime | None, stack: AsyncExitStack) -> Runtime:
    """Return the runtime, or the one that all who bring none share on this loop; the stack leaves it."""
    if runtime is not None:
        return runtime
    loop = asyncio.get_running_loop()
    shared = _shared.get(loop)
    if shared is None:
        shared = _shared[loop] = _Shared(Runtime())
    shared.users += 1
    stack.push_async_callback(_leave_runtime, loop, shared)
    return shared.runtime


async def _leave_runtime(loop: asyncio.AbstractEventLoop, shared: _Shared) -> None:
    """Close the runtime of a loop with its last user."""
    shared.users -= 1
    if not shared.users:
        _shared.pop(loop, None)
        await shared.runtime.close()


@attrs.define(eq=False)
class _Lease:
    """The resources of an open account until it is closed; it warns of one that was collected before."""

    account: str
    how_to_close: str
    held: AsyncExitStack
    loop: asyncio.AbstractEventLoop
    is_released: bool = False

    async def release(self) -> None:
        """Give the resources back."""
        self.is_released = True
        await self.held.aclose()

    def __del__(self) -> None:
        if self.is_released:
            return
        try:
            warnings.warn(f"{self.account} was never closed; {self.how_to_close}", ResourceWarning, stacklevel=2)
        finally:
            if not self.loop.is_closed():  # collected in any thread, given back in that of its loop
                self.loop.call_soon_threadsafe(_give_back, self.loop, self.held)


#: the resources of collected accounts, while they are given back
_given_back: set[asyncio.Task[None]] = set()


def _give_back(loop: asyncio.AbstractEventLoop, held: AsyncExitStack) -> None:
    task = loop.create_task(held.aclose())
    _given_back.add(task)
    task.add_done_callback(_given_back.discard)


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
    check_orders: bool = ...,
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
    check_orders: bool = ...,
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
    check_orders: bool = False,
    name: str | None = None,
) -> AbstractAsyncContextManager[Any]:
    """
    Open an account for a block: ``async with venuekit.connect(...) as account:``.

    Args:
        venue: A venue's id (``venuekit venues`` lists the installed ones), or the venue itself.
        credentials: Key and secret; they say which environment this is.
        runtime: The state that accounts share; by default that of the running loop, closed by its last user.
        guard: The limits of the account.
        read_only: Let nothing pass that changes anything.
        transport: The carrier of requests: ``"rest"``, or ``"websocket"`` for the venue's WebSocket API, where HTTP
            carries the rest.
        keep_raw: Keep the venue's own objects in the ``raw`` of values.
        check_orders: Have orders looked at before they are sent, as ``with_options(check_orders=True)`` does.
        name: The name of the account for observers and logs, if any.

    Raises:
        UnknownVenue, PluginError, ConfigurationError, CredentialsError: nothing was sent.
        OperationError: the venue could not be reached, or refuses the account.
    """
    _check_transport(transport)
    options: dict[str, Any] = {
        "guard": guard,
        "read_only": read_only,
        "keep_raw": keep_raw,
        "check_orders": check_orders,
        "name": name,
        "transport": transport,
    }
    return _open_within_block(venue, credentials, runtime=runtime, **options)


def _check_transport(transport: str) -> None:
    if transport not in TRANSPORTS:
        raise ConfigurationError(f"no transport {transport!r}; there are {' and '.join(map(repr, TRANSPORTS))}")


@asynccontextmanager
async def _open_within_block(
    venue: Venue[Any] | str, credentials: Credentials, *, runtime: Runtime | None, **options: Any
) -> AsyncIterator[Account]:
    account = await open_account(venue, credentials, runtime=runtime, **options)
    try:
        yield account
    finally:
        await account.aclose()


@overload
async def open(  # noqa: A001 - as venuekit.open
    venue: Venue[A],
    credentials: Credentials,
    *,
    runtime: Runtime | None = ...,
    guard: Guard | None = ...,
    read_only: bool = ...,
    transport: str = ...,
    keep_raw: bool = ...,
    check_orders: bool = ...,
    name: str | None = ...,
) -> A: ...


@overload
async def open(  # noqa: A001 - as venuekit.open
    venue: str,
    credentials: Credentials,
    *,
    runtime: Runtime | None = ...,
    guard: Guard | None = ...,
    read_only: bool = ...,
    transport: str = ...,
    keep_raw: bool = ...,
    check_orders: bool = ...,
    name: str | None = ...,
) -> Account: ...


async def open(  # noqa: A001 - as venuekit.open
    venue: Venue[Any] | str,
    credentials: Credentials,
    *,
    runtime: Runtime | None = None,
    guard: Guard | None = None,
    read_only: bool = False,
    transport: str = "rest",
    keep_raw: bool = False,
    check_orders: bool = False,
    name: str | None = None,
) -> Any:
    """
    Open an account that stays open until its ``aclose()``, or until the end of ``async with account:``.

    It is for notebooks and for programs whose accounts outlive a block; arguments and errors are those of
    :func:`connect`. An account that is collected unclosed is warned of (``ResourceWarning``) and closed then.
    """
    _check_transport(transport)
    options: dict[str, Any] = {
        "guard": guard,
        "read_only": read_only,
        "keep_raw": keep_raw,
        "check_orders": check_orders,
        "name": name,
        "transport": transport,
    }
    return await open_account(venue, credentials, runtime=runtime, **options)


async def open_account(
    venue: Venue[Any] | str,
    credentials: Credentials,
    *,
    runtime: Runtime | None,
    how_to_close: str = "call `await account.aclose()`, or use it in `async with account:`",
    **options: Any,
) -> Account:
    """Do as :func:`open`; the warning of an account that nobody closed says ``how_to_close`` it."""
    async with AsyncExitStack() as held:
        joined = await _join_runtime(runtime, held)
        plugins = await joined.find_plugins()
        found = await plugins.load(venue) if isinstance(venue, str) else venue
        account: Account = await joined.open(found, credentials, **options)
        named = f"{options['name']} {account!r}" if options["name"] else repr(account)
        account.hold(_Lease(named, how_to_close, held.pop_all(), asyncio.get_running_loop()).release)
    return account
