"""Hidden parts of errors, logs and journals: values of secret parameters, and frames with variables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

__all__ = ["HIDDEN", "is_secret_name", "without", "without_frames"]


HIDDEN = "***"

#: names of parameters, in small letters and without dashes
_SECRETS = frozenset({"apikey", "listenkey", "passphrase", "password", "secret", "sign", "signature", "token"})


def is_secret_name(name: str) -> bool:
    """Say whether a parameter is secret by its name alone."""
    return name.lower().replace("_", "").replace("-", "") in _SECRETS


def without(secret: Collection[str], parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return parameters exactly as they are, with the secret ones hidden."""
    if not any(name in parameters for name in secret):
        return parameters
    return {name: HIDDEN if name in secret else value for name, value in parameters.items()}


E = TypeVar("E", bound=BaseException)


def without_frames(error: E) -> E:
    """Take from an error its traceback and everything that it came of: frames and texts that may hold a secret."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error
