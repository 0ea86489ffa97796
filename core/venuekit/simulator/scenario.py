"""Scenarios: what a simulated account holds when it opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from venuekit.simulator.ledger import Ledger

__all__ = ["Scenario"]


@attrs.frozen(kw_only=True)
class Scenario:
    """
    What a simulated account holds when it opens, told by one simulated venue about its own symbols.

    ``stage`` brings a fresh ledger there by the ledger's own commands. ``held`` is a symbol with a position, None where
    nothing is held, ``flat`` one without. ``target`` is an example for this scenario: an account's table of a target
    file without its ``venue``; it can be applied, and changes something.
    """

    name: str
    title: str
    stage: Callable[[Ledger], None]
    held: str | None
    flat: str
    target: Mapping[str, Any]
