"""Undo: the settings that held before changes, as a target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs

from venuekit.capabilities import MarginType, PositionSide
from venuekit.settings.controls import is_joint
from venuekit.settings.plans import Step
from venuekit.settings.target import AccountTarget, LeverageTarget, SymbolTarget, Target

if TYPE_CHECKING:
    from venuekit.venue import Venue

#: those that a target can name
_MARGIN_TYPES = frozenset({MarginType.CROSS, MarginType.ISOLATED})


def undo_of(steps: Iterable[Step], venues: Mapping[str, Venue[Any]]) -> Target:
    """
    Return the values that settings had before they were changed, as a target.

    A value that was not known, and one that a target cannot name, is left out. Where one write sets the margin type of
    a symbol along with its leverage, the leverage under the margin type that is given up again is left out, too.

    Args:
        steps: Steps of a plan, or results of a report.
        venues: The venue of each account, by the account's name.
    """
    of_account: dict[str, list[Step]] = {}
    for step in steps:
        if step.present is not None and not (
            isinstance(step.present, MarginType) and step.present not in _MARGIN_TYPES
        ):
            of_account.setdefault(step.account, []).append(step)
    return Target({name: _account(ours, venues[name]) for name, ours in of_account.items()})


def _account(steps: Iterable[Step], venue: Venue[Any]) -> AccountTarget:
    modes: dict[str, Any] = {}
    rows: dict[str, list[Step]] = {}
    for step in steps:
        if step.symbol is not None:
            rows.setdefault(step.symbol, []).append(step)
        else:
            modes[step.setting.value] = step.present
    symbols = {symbol: _symbol(ours, joint=is_joint(venue)) for symbol, ours in rows.items()}
    return AccountTarget(venue=venue.id, **modes, symbols=symbols)


def _symbol(steps: Sequence[Step], *, joint: bool) -> SymbolTarget:
    target = SymbolTarget()
    leverages: dict[MarginType | None, LeverageTarget] = {}
    for margin_type in (step.present for step in steps if isinstance(step.present, MarginType)):
        target = attrs.evolve(target, margin_type=margin_type)
    for step in steps:
        if isinstance(step.present, Decimal):
            former = leverages.get(step.margin_type, LeverageTarget(None, None, step.margin_type))
            leverages[step.margin_type] = _with_side(former, step.side, step.present)
    if joint and target.margin_type is not None:
        leverages = {under: one for under, one in leverages.items() if under in {None, target.margin_type}}
    of_all = leverages.pop(None, None)
    return attrs.evolve(target, leverage=of_all, leverages=tuple(leverages.values()))


def _with_side(leverage: LeverageTarget, side: PositionSide | None, value: Decimal) -> LeverageTarget:
    if side is PositionSide.LONG:
        return attrs.evolve(leverage, long=value)
    if side is PositionSide.SHORT:
        return attrs.evolve(leverage, short=value)
    return attrs.evolve(leverage, long=value, short=value)
