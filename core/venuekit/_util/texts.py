"""Texts for users and logs: the nearest name, warnings that end nothing, and hidden values of secret parameters."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

#: how many names a sentence lists
_NAMES_SHOWN = 8


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name that looks most like ``word``, None when none comes near."""
    import difflib

    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def nearest_few(word: str, known: Iterable[str]) -> list[str]:
    """Return the up to three known names that look most like ``word``, however far they are, the nearest first."""
    import difflib

    by_lower = {name.lower(): name for name in known}
    return [by_lower[name] for name in difflib.get_close_matches(word.lower(), by_lower, n=3, cutoff=0.0)]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean NAME?"``, or nothing when no known name comes near."""
    found = nearest(word, known)
    return f"; did you mean {found}?" if found else ""


def suggest_symbol(symbol: str, symbols: Mapping[str, str]) -> str:
    """
    Return the end of a sentence about a symbol that is not listed: the one that was perhaps meant, or nothing.

    ``symbols`` are the listed ones by the keys of their contracts; a text with a slash is taken for such a key.
    """
    if "/" not in symbol:
        return did_you_mean(symbol, symbols.values())
    key = nearest(symbol, symbols)
    return "" if key is None else f"; did you mean {symbols[key]}? It is {key}"


def with_hint(words: str, symbol: str | None, symbols: Mapping[str, str]) -> str:
    """
    Return the words of a refusal with the symbol that was perhaps meant at their end, once.

    ``symbols`` are as for :func:`suggest_symbol`; about one of them, or none, the words stay as they are.
    """
    if symbol is None or symbol in symbols.values():
        return words
    hint = suggest_symbol(symbol, symbols)
    return words if words.endswith(hint) else f"{words}{hint}"


def guard_limits(symbols: Iterable[str]) -> str:
    """Return in words which symbols a guard allows: of many the first ones, and how many more."""
    names = sorted(symbols)
    more = len(names) - _NAMES_SHOWN
    shown = ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return f"the guard allows only {shown}" if names else "the guard allows no symbol"


_log = logging.getLogger("venuekit.warned")
_log.addHandler(logging.NullHandler())  # who sets up no logging reads it once, as a warning


def warn(text: str) -> None:
    """Warn by a ``UserWarning`` and in the log; where warnings are made errors, in the log alone."""
    _log.warning("%s", text)
    try:
        warnings.warn(text, UserWarning, stacklevel=3)
    except UserWarning:
        _log.debug("warnings are errors here: %s", text)


HIDDEN = "***"

#: names of parameters, in small letters and without dashes
_SECRETS = frozenset({"apikey", "listenkey", "passphrase", "password", "secret", "sign", "signature", "token"})


def is_secret_name(name: str) -> bool:
    """Say whether a parameter is secret by its name alone."""
    return name.lower().replace("_", "").replace("-", "") in _SECRETS


def without(secret: Collection[str], parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return parameters exactly as they are, with the secret ones hidden."""
    if not secret or not any(name in parameters for name in secret):
        return parameters
    return {name: HIDDEN if name in secret else value for name, value in parameters.items()}


E = TypeVar("E", bound=BaseException)


def without_frames(error: E) -> E:
    """Take from an error its traceback and everything that it came of: frames and texts that may hold a secret."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error
