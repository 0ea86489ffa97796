"""Accounts of the accounts file, open together: each by its name, and with the limits that the file sets for it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from venuekit.account import Account
from venuekit.arguments import check_names
from venuekit.capabilities import Capability
from venuekit.connecting import connect
from venuekit.credentials.accounts_file import AccountEntry, credentials, load_accounts
from venuekit.errors import VenuekitError
from venuekit.fleet import FanOut, fan_out
from venuekit.pipeline import Guard
from venuekit.runtime import Runtime

if TYPE_CHECKING:
    from venuekit.plugins import Plugins

V = TypeVar("V")
C_co = TypeVar("C_co", covariant=True)


class CapabilityClass(Protocol[C_co]):
    """The class of a capability, such as ``LeverageReader``; type checkers take an abstract class for this alone."""

    def of(self, account: Account) -> C_co:
        """Return the account as this capability."""


class Accounts(Mapping[str, Account]):
    """
    Open accounts by name, in the order in which they were named, else in that of the file.

    It is a mapping, and closed with the block that opened it.
    """

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        self._accounts = dict(accounts)

    def __getitem__(self, name: str) -> Account:
        return self._accounts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._accounts)

    def __len__(self) -> int:
        return len(self._accounts)

    def of(self, capability: CapabilityClass[C_co]) -> Mapping[str, C_co]:
        """Return the accounts that have a capability, as that capability; the others are left out."""
        wanted = cast("type[Capability]", capability)
        return {name: capability.of(one) for name, one in self._accounts.items() if one.support(wanted)}

    async def each(
        self,
        call: Callable[[Account], Awaitable[V]],
        *,
        at_once: int = 32,
        deadline: float | None = None,
        stop_on_error: bool = False,
    ) -> FanOut[str, V]:
        """Call a function with each account, side by side; the same as :func:`~venuekit.fan_out` with all of them."""
        return await fan_out(self._accounts, call, at_once=at_once, deadline=deadline, stop_on_error=stop_on_error)

    def __repr__(self) -> str:
        return f"<Accounts {', '.join(self._accounts)}>"


@asynccontextmanager
async def open_accounts(
    file: str | os.PathLike[str] | None = None,
    *names: str,
    read_only: bool = False,
    runtime: Runtime | None = None,
    plugins: Plugins | None = None,
) -> AsyncIterator[Accounts]:
    """
    Open accounts of an accounts file together, and close them with the block.

    ``async with open_accounts("accounts.toml", "main", "hedge") as accounts:`` gives them by name. Guard, ``read_only``
    and transport of the file always apply, and ``check_orders`` unless a view of the account says otherwise. Where one
    of them cannot be opened none is: the others are closed again, so that a program never runs with some of its
    accounts alone.

    Args:
        file: None for the file that the command line takes: that of ``VENUEKIT_ACCOUNTS``, ``./accounts.toml``, or the
            user's.
        names: The accounts; all of the file where none is named.
        read_only: Let nothing pass that changes anything, also where the file allows it.
        runtime: The state that accounts share; a new one, closed with them, where it is None.
        plugins: The plugins of that new one; those of the environment where it is None.

    Raises:
        AccountsFileError, CredentialsError: the file has a mistake or no such account; nothing was sent.
        VenuekitError: an account cannot be opened; ``account`` is its name. It is the first one in the order of names.
    """
    check_names(names, "names", open_accounts.__name__)
    declared = load_accounts(file)
    chosen = {name: declared.entry(name) for name in dict.fromkeys(names or declared.entries)}
    async with AsyncExitStack() as stack:
        if runtime is None:
            runtime = await stack.enter_async_context(Runtime(plugins=plugins))
        shared = runtime

        async def open_one(entry: AccountEntry) -> Account:
            return await stack.enter_async_context(open_entry(entry, shared, read_only=read_only))

        opened = await fan_out(chosen, open_one)
        opened.raise_first()
        yield Accounts(opened.values)


@asynccontextmanager
async def open_entry(entry: AccountEntry, runtime: Runtime, *, read_only: bool = False) -> AsyncIterator[Account]:
    """Open one account as its entry declares, read-only where reads suffice; errors name the account."""
    guard = Guard(
        symbols=entry.symbols,
        max_leverage=entry.max_leverage,
        max_notional=entry.max_notional,
        max_position_notional=entry.max_position_notional,
    )
    async with AsyncExitStack() as stack:
        with name_account_in_errors(entry.name):
            account_credentials = await credentials(entry, runtime.plugins)
            opening = connect(
                entry.venue,
                account_credentials,
                runtime=runtime,
                guard=guard,
                read_only=read_only or entry.read_only,
                name=entry.name,
                transport=entry.transport,
                check_orders=entry.check_orders,
            )
            account = await stack.enter_async_context(opening)
        yield account


@contextmanager
def name_account_in_errors(name: str) -> Iterator[None]:
    """Put the account's name into errors of the block."""
    try:
        yield
    except VenuekitError as error:
        error.account = error.account or name
        raise
