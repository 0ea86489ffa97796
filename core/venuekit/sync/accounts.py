"""Accounts of the accounts file without ``await``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from venuekit import accounts as asynchronous
from venuekit._util.loop_thread import LoopThread
from venuekit.fleet import FanOut
from venuekit.sync.account import Account
from venuekit.sync.blocking import BlockingCapability
from venuekit.sync.functions import fan_out
from venuekit.sync.shared_thread import join_thread, leave_thread

V = TypeVar("V")
C = TypeVar("C", bound=BlockingCapability)


class Accounts(Mapping[str, Account]):
    """Open accounts by name, in the order in which they were named, else in that of the file; closed with the block."""

    def __init__(self, accounts: Mapping[str, Account], thread: LoopThread) -> None:
        self._accounts = dict(accounts)
        self._thread = thread

    def __getitem__(self, name: str) -> Account:
        return self._accounts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._accounts)

    def __len__(self) -> int:
        return len(self._accounts)

    def of(self, capability: type[C]) -> Mapping[str, C]:
        """Return the accounts that have a capability, as that capability; the others are left out."""
        return {name: capability.of(one) for name, one in self._accounts.items() if one.support(capability)}

    def each(
        self,
        call: Callable[[Account], V],
        *,
        at_once: int = 32,
        deadline: float | None = None,
        stop_on_error: bool = False,
    ) -> FanOut[str, V]:
        """Call a function with each account, side by side; the same as :func:`venuekit.sync.fan_out` with all."""
        return fan_out(self._accounts, call, at_once=at_once, deadline=deadline, stop_on_error=stop_on_error)

    def __repr__(self) -> str:
        return f"<sync.Accounts {', '.join(self._accounts)}>"


@contextmanager
def open_accounts(
    file: str | os.PathLike[str] | None = None, *names: str, read_only: bool = False
) -> Iterator[Accounts]:
    """
    Open accounts of an accounts file together, and close them with the block: as :func:`venuekit.open_accounts`.

    Guard, ``read_only`` and transport of the file always apply; where one cannot be opened none is.
    """
    with ExitStack() as held:
        thread = join_thread()
        held.callback(leave_thread)
        opening = asynchronous.open_accounts(file, *names, read_only=read_only)
        opened = thread.run(opening.__aenter__)
        held.callback(thread.run, opening.__aexit__, None, None, None)
        accounts: dict[str, Account] = {}
        for name, account in opened.items():
            with ExitStack() as closing:
                closing.callback(thread.run, account.aclose)
                accounts[name] = Account(account, thread, closing.pop_all().close)
        yield Accounts(accounts, thread)
