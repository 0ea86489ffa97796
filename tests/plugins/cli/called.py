"""The command line in this process: one call, and the outcome of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs


@attrs.frozen
class Called:
    """The status of one call of the command line, and its texts."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)

    @property
    def notes(self) -> list[Any]:
        """The lines of standard error as JSON."""
        return [json.loads(line) for line in self.err.splitlines()]


Call = Callable[..., Called]
