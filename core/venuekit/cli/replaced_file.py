"""Replaced files: an option that writes a file over the one of the last run leaves every other file alone."""

from __future__ import annotations

from pathlib import Path

from venuekit.errors import ConfigurationError

#: bytes at the beginning of a file that have its mark
_HEAD = 4096


def check_replaced(path: Path, option: str, kind: str, mark: bytes) -> None:
    """
    Check that a file of an option may be written: there is none, an empty one, or one of the same ``kind``.

    ``mark`` is in the first lines of each file of that kind.

    Raises:
        ConfigurationError: another file is there.
    """
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if head and mark not in head:
            words = f"{option} {path}: it exists and is no {kind}, so it is not overwritten"
            raise ConfigurationError(f"{words}: give another name, or move it")
