"""Warnings that interrupt nothing: messages while an operation must go on."""

from __future__ import annotations

import logging
import warnings

__all__ = ["warn"]

_log = logging.getLogger("venuekit.warned")
_log.addHandler(logging.NullHandler())  # who sets up no logging reads it once, as a warning


def warn(text: str) -> None:
    """Warn by a ``UserWarning`` and in the log; where warnings are made errors, in the log alone."""
    _log.warning("%s", text)
    try:
        warnings.warn(text, UserWarning, stacklevel=3)
    except UserWarning:
        _log.debug("warnings are errors here: %s", text)
