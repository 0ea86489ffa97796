"""Frames: a traceback with variables shows them; errors that leave the pipeline carry none."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["without_frames"]

E = TypeVar("E", bound=BaseException)


def without_frames(error: E) -> E:
    """Take from an error its traceback and everything that it came of: frames and texts that may hold a secret."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error
