"""Locks: one file is written by one process at a time."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from venuekit.errors import ConfigurationError

__all__ = ["file_lock"]


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """
    Keep other processes from writing ``path``, by a file ``NAME.lock`` beside it; a killed process lets go too.

    Raises:
        ConfigurationError: another process is writing it.
    """
    try:
        control: Any = importlib.import_module("fcntl")
    except ImportError:  # a system without it: two runs at once are the user's to avoid
        yield
        return
    lock = path.with_name(f"{path.name}.lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            control.flock(descriptor, control.LOCK_EX | control.LOCK_NB)
        except OSError:
            raise ConfigurationError(f"{path} is being written by another process") from None
        if not lock.exists() or lock.stat().st_ino != os.fstat(descriptor).st_ino:
            raise ConfigurationError(f"{path} was being written by another process; try again")
        try:
            yield
        finally:
            lock.unlink()
    finally:
        os.close(descriptor)
