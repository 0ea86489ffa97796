"""Lazy packages: a package whose names are loaded when they are first asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ["lazy"]


def lazy(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """
    Return a module's ``__getattr__`` and ``__dir__``, which names what its ``__all__`` does.

    Args:
        package: The package's name.
        homes: Submodule to the names it holds, separated by blanks; the submodules themselves are names too.
    """
    home_of = {name: home for home, names in homes.items() for name in names.split()}

    def __getattr__(name: str) -> object:  # noqa: N807 - this is what the import system looks for
        home = home_of.get(name)
        if home is not None:
            value: object = getattr(import_module(f"{package}.{home}"), name)
            setattr(sys.modules[package], name, value)  # the next time it is simply there
            return value
        if name in homes:
            return import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    def __dir__() -> list[str]:  # noqa: N807 - the same
        module = sys.modules[package]
        dunders = [name for name in vars(module) if name.startswith("__")]
        return sorted({*dunders, *getattr(module, "__all__", ())})

    return __getattr__, __dir__
