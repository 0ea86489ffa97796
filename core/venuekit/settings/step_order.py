"""Step order: the changes of settings, and an order of them in which each one is legal at its turn. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import attrs

from venuekit.capabilities import MarginType, PositionSide, Setting
from venuekit.settings.target import Value, text_of


@attrs.frozen
class Key:
    """
    One setting, which has one value at a time.

    ``account_index`` is the index of the account at its venue; two venues that share a setting share the key of the
    first. ``symbol`` is None for a setting of the account, ``side`` unless the sides are set separately,
    ``margin_type`` unless it is the leverage of one that each have their own.
    """

    account_index: int
    setting: Setting
    symbol: str | None = None
    side: PositionSide | None = None
    margin_type: MarginType | None = None

    def __str__(self) -> str:
        which = ", ".join(filter(None, (self.margin_type, self.side)))
        name = f"{self.setting} ({which})" if which else self.setting.value
        return f"{name} of {self.symbol}" if self.symbol is not None else name


@attrs.frozen
class Requirement:
    """Another setting that must be ``value``, or with ``negated`` must not be; ``why`` in the venue's words or ours."""

    key: Key
    value: enum.StrEnum | Decimal
    why: str
    negated: bool = False

    def allows(self, value: Value) -> bool:
        """Return whether a value of the other setting fulfils this requirement."""
        return (value == self.value) is not self.negated

    def __str__(self) -> str:
        return f"{self.key} {'other than' if self.negated else '='} {text_of(self.value)}"


@attrs.frozen
class SettingChange:
    """A setting that differs from its target; ``also`` are further ones that the same write sets."""

    key: Key
    target: Value
    needs: tuple[Requirement, ...] = ()
    also: Mapping[Key, Value] = attrs.field(factory=dict, hash=False)

    @property
    def values(self) -> Mapping[Key, Value]:
        """The values of all settings that the change sets."""
        return {self.key: self.target, **self.also}

    def __str__(self) -> str:
        return f"{self.key} = {text_of(self.target)}"


def order_steps(
    changes: Iterable[SettingChange], state: Mapping[Key, Value | None], refused: Mapping[Key, str]
) -> StepOrder:
    """
    Order changes by their requirements.

    Args:
        changes: The desired changes; of several that could be first, the first one listed is.
        state: The current values; a missing setting or None is unknown and forbids nothing.
        refused: Changes that are already refused, with the reason.
    """
    order = StepOrder({change.key: change for change in changes}, dict(state), dict(refused))
    order.drop_hopeless()
    order.pick()
    order.drop_stuck()
    return order


@attrs.define
class StepOrder:
    """
    The feasible changes, in ``order``.

    ``refused`` are changes that no order makes legal and ``skipped`` those that wait for a refused one, each with its
    reason. ``waits`` holds, for each change in ``order``, the changes that must precede it. While the order is found,
    ``state`` are the values after the changes in ``order``, and ``open`` the changes still to be placed.
    """

    changes: dict[Key, SettingChange]
    state: dict[Key, Value | None]
    refused: dict[Key, str]
    skipped: dict[Key, str] = attrs.field(factory=dict)
    order: list[Key] = attrs.field(factory=list)
    waits: dict[Key, tuple[Key, ...]] = attrs.field(factory=dict)
    open: dict[Key, SettingChange] = attrs.field(init=False)
    #: the change that sets each setting
    carriers: dict[Key, SettingChange] = attrs.field(init=False)
    #: the changes that require a value of a setting, by that setting
    dependants: dict[Key, list[SettingChange]] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.dependants = {}
        for change in self.changes.values():
            for key in dict.fromkeys(requirement.key for requirement in change.needs):
                self.dependants.setdefault(key, []).append(change)
        self.carriers = {key: change for change in self.changes.values() for key in change.values}
        self.open = {key: change for key, change in self.changes.items() if key not in self.refused}

    def drop_hopeless(self) -> None:
        """Close every change with a need that neither holds nor will; closing one may make others hopeless."""
        progress = True
        while progress:
            progress = False
            for change in tuple(self.open.values()):
                hopeless = [
                    requirement
                    for requirement in change.needs
                    if not self._holds(requirement) and not self._will_hold(requirement)
                ]
                if hopeless:
                    self._close(change, hopeless[0])
                    progress = True

    def pick(self) -> None:
        """Take one legal change after the other, each based on the effects of those before it."""
        self.waits = {
            key: tuple(self._carrier(requirement.key) for requirement in change.needs if not self._holds(requirement))
            for key, change in self.open.items()
        }
        while ready := next((change for change in self.open.values() if not any(self._waits_for(change))), None):
            self.state.update(ready.values)
            self.order.append(ready.key)
            del self.open[ready.key]

    def drop_stuck(self) -> None:
        """Close the changes that wait in a circle, and those that wait for them."""
        edges = {key: tuple(self._waits_for(change)) for key, change in self.open.items()}
        circles = {key for key in edges if key in _reachable(edges, key)}
        for key, change in self.open.items():
            other = self.changes[next((k for k in edges[key] if k in circles), edges[key][0])]
            if key in circles:
                self.refused[key] = f"{change} and {other} exclude each other: {_why(change, other)}"
            else:
                self.skipped[key] = f"needs {other}, which is refused"

    def _close(self, change: SettingChange, requirement: Requirement) -> None:
        closed = self.carriers.get(requirement.key)
        if closed is not None and requirement.allows(closed.values[requirement.key]):
            self.skipped[change.key] = f"needs {requirement}, which is refused"
        else:
            target = f"the target is {text_of(closed.values[requirement.key])}" if closed else "the target leaves it"
            now = text_of(self.state.get(requirement.key))
            self.refused[change.key] = f"{change} needs {requirement}; it is {now} and {target}: {requirement.why}"
        del self.open[change.key]

    def _holds(self, requirement: Requirement) -> bool:
        value = self.state.get(requirement.key)
        if value is None:
            return requirement.key not in self.carriers
        return requirement.allows(value)

    def _will_hold(self, requirement: Requirement) -> bool:
        step = self.open.get(self._carrier(requirement.key))
        return step is not None and requirement.allows(step.values[requirement.key])

    def _carrier(self, key: Key) -> Key:
        """Return the key of the change that sets a setting."""
        return self.carriers[key].key if key in self.carriers else key

    def _waits_for(self, change: SettingChange) -> Iterator[Key]:
        """Yield the changes that must come first: those that fulfil a need, or lose one by this change."""
        for requirement in change.needs:
            if not self._holds(requirement):
                yield self._carrier(requirement.key)
        for key, value in change.values.items():
            for other in self.dependants.get(key, ()):
                if other.key not in self.open or other is change:
                    continue
                if any(n.key == key and self._holds(n) and not n.allows(value) for n in other.needs):
                    yield other.key


def _reachable(edges: Mapping[Key, tuple[Key, ...]], start: Key) -> set[Key]:
    reachable: set[Key] = set()
    frontier = list(edges[start])
    while frontier:
        key = frontier.pop()
        if key not in reachable:
            reachable.add(key)
            frontier.extend(edges.get(key, ()))
    return reachable


def _why(change: SettingChange, other: SettingChange) -> str:
    """Return the reason for which one of two changes, of which the first waits for the second, needs the other."""
    pairs = ((change, other), (other, change))
    return next(need.why for first, second in pairs for need in first.needs if need.key in second.values)


def joined(changes: Iterable[SettingChange], pairs: Mapping[Key, Key]) -> list[SettingChange]:
    """
    Make one change of each two that one write sets.

    ``pairs`` are the keys of leverages, each with that of the margin type that is set along with it; where several have
    the same, the first one listed takes it.
    """
    changes = tuple(changes)
    others = {change.key: change for change in changes}
    merged: dict[Key, SettingChange] = {}
    for change in changes:
        other = others.pop(pairs[change.key], None) if change.key in pairs else None
        if other is not None:
            needs = (n for n in (*other.needs, *change.needs) if n.key != other.key or not n.allows(other.target))
            merged[change.key] = attrs.evolve(change, needs=tuple(needs), also={other.key: other.target})
    return [merged.get(change.key, change) for change in changes if change.key in others]
