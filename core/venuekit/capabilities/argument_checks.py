"""Checks of the arguments of capability methods, by the types that the capability declares for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from venuekit.arguments import check_collection, check_duration, check_moment, check_names, refuse
from venuekit.capabilities.enums import OrderSide, PositionSide

_SIDES = frozenset(PositionSide)
_ORDER_SIDES = frozenset(OrderSide)
#: refuses a value that does not fit, and names the parameter
Check: TypeAlias = Callable[[Any, str], object]


def _check_choice(value: Any, parameter: str) -> None:
    """Refuse a value that is neither a bool nor names."""
    if not isinstance(value, bool):
        check_collection(value, parameter)


def _check_side(value: Any, parameter: str) -> None:
    """Refuse a value that is no side of a position; the text of one passes."""
    if value not in _SIDES:
        hint = ": a position is long or short, and an order buys or sells" if value in _ORDER_SIDES else ""
        raise refuse(f"the {parameter} is both, long or short, not {value!r}{hint}")


#: by the declared type; None passes where it is the default
_CHECKS: Mapping[str, Check] = {
    "Collection[str]": check_collection,
    "Collection[str] | bool": _check_choice,
    "PositionSide | None": _check_side,
    "Sequence[str]": check_collection,
    "datetime | None": check_moment,
    "timedelta": check_duration,
}


def make_check(promise: Callable[..., Any], method: Callable[..., Any]) -> Callable[..., None] | None:
    """
    Return a function that takes the arguments of a method and refuses those that do not fit; None without any to check.

    Types are those of the ``promise``; a method may have other ones.
    """
    checks = {name: _CHECKS[kind] for name, kind in promise.__annotations__.items() if kind in _CHECKS}
    code = inspect.unwrap(method).__code__
    names = code.co_varnames[: code.co_argcount]
    by_position = [(names.index(name), name) for name in checks if name in names]
    several = code.co_varnames[code.co_argcount + code.co_kwonlyargcount] if code.co_flags & inspect.CO_VARARGS else ""
    if promise.__annotations__.get(several) != "str":
        several = ""
    if not checks and not several:
        return None

    def check(arguments: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        for name, value in named.items():
            if value is not None and name in checks:
                checks[name](value, name)
        for index, name in by_position:
            if index < len(arguments) and arguments[index] is not None:
                checks[name](arguments[index], name)
        if several:
            check_names(arguments[len(names) :], several)

    return check
