"""The symbols that were read last, by venue and environment: for the completion of words, and for nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from venuekit.credentials.accounts_file import AccountEntry


def _file(entry: AccountEntry) -> Path:
    import platformdirs

    return platformdirs.user_cache_path("venuekit") / "symbols" / f"{entry.venue}-{entry.environment}.txt"


def keep_symbols(entry: AccountEntry, symbols: Iterable[str]) -> None:
    """Keep the symbols of an account's venue; a directory that cannot be written keeps none."""
    path = _file(entry)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(symbols), encoding="utf-8")


def read_symbols(entry: AccountEntry) -> list[str]:
    """Return the symbols that were kept; none where there are none."""
    try:
        return _file(entry).read_text(encoding="utf-8").split()
    except OSError:
        return []
