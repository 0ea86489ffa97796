"""Lazy modules: their names are loaded when they are first asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def lazy(
    name: str, homes: Mapping[str, str], *, within: str | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """
    Return a module's ``__getattr__`` and ``__dir__``; the latter returns the names of its ``__all__``.

    Args:
        name: The module's name.
        homes: Submodule to the names it holds, separated by blanks; the submodules themselves are names too.
        within: The package of these submodules, the module itself when None.
    """
    package = within or name
    home_of = {name: home for home, names in homes.items() for name in names.split()}

    def __getattr__(attribute: str) -> object:  # noqa: N807 - the import system looks for this name
        home = home_of.get(attribute)
        if home is not None:
            value: object = getattr(import_module(f"{package}.{home}"), attribute)
            setattr(sys.modules[name], attribute, value)  # the next time it is simply there
            return value
        if attribute in homes:
            return import_module(f"{package}.{attribute}")
        raise AttributeError(f"module {name!r} has no attribute {attribute!r}")

    def __dir__() -> list[str]:  # noqa: N807 - the same
        module = sys.modules[name]
        dunders = [one for one in vars(module) if one.startswith("__")]
        return sorted({*dunders, *getattr(module, "__all__", ())})

    return __getattr__, __dir__
