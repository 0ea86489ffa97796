"""Secrets: text that is never shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn, SupportsIndex

#: the texts of all objects that are in use, by their ids: those that are written in one way alone, and the others, each
#: after its longest part that is; weak references would take as much memory as a secret
_plain: dict[int, str] = {}
_varied: dict[int, tuple[str, str]] = {}
_PLAIN_PART = re.compile(r"[A-Za-z0-9]+")


def texts_like(text: str) -> tuple[list[str], list[str]]:
    """
    Return the texts of the secrets in use that are within a text, and those that may be, in another spelling.

    There may be thousands, of which a text has none or one. Letters and digits are spelled alike wherever they are; a
    URL, JSON or a repr spells other characters differently.
    """
    # copied in one step each: another thread, or the collector, may end a secret meanwhile
    plain, varied = [*_plain.values()], [*_varied.values()]
    return [secret for secret in plain if secret in text], [secret for part, secret in varied if part in text]


def declassify(secret: Secret) -> None:
    """Let texts show the text of this object: its venue says that it is no secret."""
    _forget(id(secret))


def _forget(secret: int, pops: tuple[Callable[[int, None], object], ...] = (_plain.pop, _varied.pop)) -> None:
    # the methods as an argument: at the end of the interpreter, globals are gone
    for pop in pops:
        pop(secret, None)


class Secret:
    """
    A text that only :meth:`reveal` returns.

    Its repr, str and format are masked, and it refuses to be pickled or copied into another process: pass a
    reference such as ``env:NAME`` instead.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text
        if text.isascii() and text.isalnum():
            _plain[id(self)] = text
        else:
            _varied[id(self)] = max(_PLAIN_PART.findall(text), key=len, default=""), text

    def __del__(self, forget: Callable[[int], None] = _forget) -> None:
        forget(id(self))

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
