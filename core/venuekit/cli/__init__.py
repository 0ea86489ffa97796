"""The command line: one module per group of commands, each imported when it is used."""

from __future__ import annotations

from venuekit.cli.root import main

__all__ = ["main"]
