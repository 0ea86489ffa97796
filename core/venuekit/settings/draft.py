"""Drafts: from a target and what was read to a plan. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import attrs

from venuekit.capabilities import LeverageBehaviour, LeverageScope, MarginType, Setting
from venuekit.settings.controls import reader_weight, setter_weight
from venuekit.settings.key import Key
from venuekit.settings.need import Change
from venuekit.settings.obstacles import needs_of, refusals_of, rises
from venuekit.settings.places import Place
from venuekit.settings.plans import Plan, PlannedRead, PlannedStep, StepStatus
from venuekit.settings.readings import Readings
from venuekit.settings.sequence import sequence
from venuekit.settings.target import Target, Value
from venuekit.settings.touches import affected_by, note_on
from venuekit.settings.wishes import Wish, contradictions, wishes_of

__all__ = ["differences", "draft"]


def differences(target: Target, readings: Readings) -> tuple[Wish, ...]:
    """Return the wishes that differ from what holds and on which all entries agree, one for each setting."""
    wishes = wishes_of(target, readings.places)
    against = contradictions(wishes)
    first: dict[Key, Wish] = {}
    for wish in wishes:
        if wish.key not in against and readings.value(wish.place, wish.key) != wish.target:
            first.setdefault(wish.key, wish)
    return tuple(first.values())


def draft(target: Target, readings: Readings) -> Plan:
    """Return the plan that leads from what was read to the target."""
    wishes = wishes_of(target, readings.places)
    findings = _findings(target, wishes, readings)
    steps = tuple(_step(wish, findings, readings) for wish in wishes)
    reads = tuple(
        PlannedRead(next(iter(place.entries)), place.venue.id, readings.of(place).weight) for place in readings.places
    )
    read = {name for place in readings.places for name in place.entries}
    kept = Target({name: entry for name, entry in target.accounts.items() if name in read})
    return Plan(kept, steps, reads, readings.unknown, readings.unreadable)


@attrs.define
class _Findings:
    """What was found out about each setting; ``order`` counts from 1, ``carriers`` are the entries that change it."""

    refused: dict[Key, str]
    wanted: dict[Key, Value]
    carriers: dict[Key, Wish]
    skipped: dict[Key, str] = attrs.field(factory=dict)
    order: dict[Key, int] = attrs.field(factory=dict)
    waits: dict[Key, tuple[Key, ...]] = attrs.field(factory=dict)


def _findings(target: Target, wishes: Sequence[Wish], readings: Readings) -> _Findings:
    found = _Findings(contradictions(wishes), {wish.key: wish.target for wish in wishes}, {})
    for wish in wishes:
        found.carriers.setdefault(wish.key, wish)
    of_owner: dict[Hashable, list[Wish]] = {place.owner: [] for place in readings.places}
    for wish in differences(target, readings):
        of_owner[wish.place.owner].append(wish)
    places: dict[Hashable, list[Place]] = {}
    for place in readings.places:
        places.setdefault(place.owner, []).append(place)
    for owner, mine in of_owner.items():  # no setting is shared by two owners
        _arrange(mine, found, attrs.evolve(readings, places=tuple(places[owner])))
    return found


def _arrange(wishes: Sequence[Wish], found: _Findings, readings: Readings) -> None:
    """Put the changes of one owner into an order, and sort out those that have none."""
    present = {wish.key: readings.value(wish.place, wish.key) for wish in wishes}
    lowered_first = sorted(wishes, key=lambda w: w.key.setting is not Setting.LEVERAGE or rises(w, present[w.key]))
    changes = [
        Change(w.key, w.target, tuple(needs_of(w, present[w.key], readings, found.wanted))) for w in lowered_first
    ]
    reasons = {w.key: "; ".join(refusals_of(w, present[w.key], readings)) for w in wishes}
    refused = {key: reason for key, reason in reasons.items() if reason}
    result = sequence(changes, {**readings.state(), **present}, refused)
    found.refused.update(result.refused)
    found.skipped.update(result.skipped)
    found.waits.update(result.waits)
    found.order.update({key: number for number, key in enumerate(result.order, start=len(found.order) + 1)})


def _step(wish: Wish, found: _Findings, readings: Readings) -> PlannedStep:
    key, carrier = wish.key, found.carriers[wish.key]
    present = readings.value(wish.place, key)
    status, reason = _status(wish, present, found)
    sent = status is StepStatus.PENDING
    changes = status in {StepStatus.PENDING, StepStatus.ALONG}
    return PlannedStep(
        account=wish.entry,
        venue=wish.place.venue.id,
        symbol=key.symbol,
        setting=key.setting,
        side=key.side,
        present=present,
        target=wish.target,
        status=status,
        order=found.order[key] if sent else None,
        weight=_weight(wish) if sent else None,
        reason=reason,
        note=note_on(wish, readings) if changes else None,
        affected=affected_by(wish, readings) if changes else (),
        name=wish.name,
        needs=(carrier.name,) if status is StepStatus.ALONG else _needed(key, found) if sent else (),
        margin_type=_margin_type(wish, found, readings),
    )


def _weight(wish: Wish) -> int | None:
    """Return what a change costs together with the reading right before it."""
    weight = setter_weight(wish.place.venue, wish.key.setting)
    return None if weight is None else weight + reader_weight(wish.place.venue, wish.key.setting)


def _status(wish: Wish, present: Value | None, found: _Findings) -> tuple[StepStatus, str | None]:
    key, carrier = wish.key, found.carriers[wish.key]
    if key in found.refused:
        return StepStatus.REFUSED, found.refused[key]
    if key in found.skipped:
        return StepStatus.SKIPPED, found.skipped[key]
    if present == wish.target:
        return StepStatus.UNCHANGED, None
    if carrier is not wish:
        return StepStatus.ALONG, f"{carrier.name} is the same setting"
    return StepStatus.PENDING, None


def _needed(key: Key, found: _Findings) -> tuple[str, ...]:
    return tuple(found.carriers[other].name for other in found.waits.get(key, ()))


def _margin_type(wish: Wish, found: _Findings, readings: Readings) -> MarginType | None:
    venue = wish.place.venue
    if wish.key.setting is not Setting.LEVERAGE or not venue.has_behaviour(LeverageBehaviour):
        return None
    if LeverageScope.MARGIN_TYPE not in venue.behaviour(LeverageBehaviour).scope:
        return None
    key = readings.margin_type_key(wish.place, wish.key.symbol)
    value = found.wanted.get(key) or readings.value(wish.place, key)
    return value if isinstance(value, MarginType) else None
