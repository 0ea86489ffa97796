"""Checks of accounts: a function that takes accounts refuses other values, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from venuekit.account import Account
from venuekit.errors import InvalidArgument

#: the functions that :mod:`venuekit.sync` has, too
_BLOCKING = frozenset({"check_order", "fan_out", "flatten", "portfolio"})


def check_account(account: object, function: str) -> None:
    """
    Refuse a value that is not an open account.

    Raises:
        InvalidArgument: the sentence says what the function was given, and the mend.
    """
    if not isinstance(account, Account):
        raise InvalidArgument(_misfit(account, function), operation=function)


def check_accounts(accounts: object, function: str) -> None:
    """
    Refuse anything but open accounts by their names.

    Raises:
        InvalidArgument: it is no mapping, or one of its values is not an open account.
    """
    for account in check_mapping(accounts, function).values():
        check_account(account, function)


def check_mapping(accounts: object, function: str) -> Mapping[Any, object]:
    """
    Return accounts by their names.

    Raises:
        InvalidArgument: it is no mapping.
    """
    if not isinstance(accounts, Mapping):
        words = f"accounts are given by their names, as {{'main': account}}, not as {_kind(accounts)}"
        raise InvalidArgument(words, operation=function)
    return accounts


def refuse_blocking(values: Iterable[object], function: str) -> None:
    """
    Refuse blocking accounts, whose calls would hold up the loop.

    Raises:
        InvalidArgument: one of the values is a blocking account.
    """
    for value in values:
        if _is_blocking(value):
            raise InvalidArgument(_misfit(value, function), operation=function)


def _is_blocking(value: object) -> bool:
    return isinstance(getattr(value, "asynchronous", None), Account)


def _misfit(value: object, function: str) -> str:
    if _is_blocking(value):
        other = f"call venuekit.sync.{function}, or " if function in _BLOCKING else ""
        return f"a blocking account of venuekit.sync has no await: {other}give its `account.asynchronous`"
    if isinstance(value, Mapping):
        return f"accounts are given one by one: {function}(*accounts.values())"
    return f"it takes accounts that venuekit.connect or venuekit.open has opened, not {_kind(value)}"


def _kind(value: object) -> str:
    """Return the kind of a value in words, without its contents, which may be secrets."""
    name = type(value).__name__
    if name == "coroutine":
        return "a coroutine: write `await` before it"
    if name == "_AsyncGeneratorContextManager" or hasattr(value, "__aenter__"):
        return f"the block {name}: enter it by `async with ... as account`"
    return "None" if value is None else f"a value of type {name}"
