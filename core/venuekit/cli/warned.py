"""Warnings: what a venue or a plugin wants its user to know, as one line each."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from venuekit.cli.notes import note

__all__ = ["told_warnings"]


@contextmanager
def told_warnings(*, as_json: bool = False) -> Iterator[None]:
    """Write every ``UserWarning`` of the block to standard error, without the place in the code it came from."""

    def tell(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if issubclass(category, UserWarning):
            note(str(message), as_json=as_json, kind="warning")
        else:
            former(message, category, *place, **more)

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        former, warnings.showwarning = warnings.showwarning, tell
        yield
