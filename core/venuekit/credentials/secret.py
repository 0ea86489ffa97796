"""Secrets: text that is never shown."""

from __future__ import annotations

from typing import NoReturn, SupportsIndex
from weakref import WeakValueDictionary

_living: WeakValueDictionary[int, Secret] = WeakValueDictionary()


def living_secrets() -> tuple[Secret, ...]:
    """Return every secret of this process that is still in use: the redactor hides them."""
    return tuple(_living.values())


def declassify(secret: Secret) -> None:
    """Let texts show the text of this object: its venue says that it is no secret."""
    _living.pop(id(secret), None)


class Secret:
    """
    A text that only :meth:`reveal` returns.

    Its repr, str and format are masked, and it refuses to be pickled or copied into another process: pass a
    reference such as ``env:NAME`` instead.
    """

    __slots__ = ("__text", "__weakref__")

    def __init__(self, text: str) -> None:
        self.__text = text
        _living[id(self)] = self

    def reveal(self) -> str:
        """Return the text; call it only where the bytes are needed."""
        return self.__text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, format_spec: str) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.__text == other.__text

    def __hash__(self) -> int:
        return hash((Secret, self.__text))

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a Secret cannot be pickled; pass a reference such as env:NAME instead")
