"""The steps of a plan, by name."""

from __future__ import annotations

from venuekit.capabilities import MarginType
from venuekit.settings import Plan, Target, parse_target

CROSS, ISOLATED = MarginType.CROSS, MarginType.ISOLATED


def target(text: str) -> Target:
    return parse_target(text).target


def shown(made: Plan) -> list[tuple[str, str]]:
    """Return name (below the account) and status of every step."""
    return [(step.name.removeprefix("accounts."), step.status.value) for step in made.steps]


def order(made: Plan) -> list[str]:
    return [step.name.removeprefix("accounts.main.") for step in made.pending]
