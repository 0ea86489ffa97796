"""Plans: what would be changed, in which order, at which cost, and what would be refused."""

from __future__ import annotations

import enum
from typing import Any

import attrs

from venuekit._util.toml_lines import KeyPath, key_text
from venuekit.capabilities import MarginType, PositionSide, Setting
from venuekit.errors import OperationError, VenuekitError
from venuekit.settings.target import Target, Value

__all__ = ["Plan", "PlannedRead", "PlannedStep", "StepStatus", "UnknownSymbol", "Unreadable"]


class StepStatus(enum.StrEnum):
    """What the plan knows about one setting."""

    PENDING = "pending"  #: will be changed
    UNCHANGED = "unchanged"  #: is as it should be
    REFUSED = "refused"  #: the venue would refuse it; nothing will be sent
    SKIPPED = "skipped"  #: needs something that would be refused
    ALONG = "along"  #: another entry of the same account changes it


@attrs.frozen(kw_only=True)
class PlannedStep:
    """
    One setting of one account.

    ``symbol`` is None for a setting of the account, ``side`` unless sides are set apart, ``present`` when the reads
    do not tell. ``order`` (from 1) and ``weight`` (the most it can cost, in the venue's own weight) are None for
    what is not sent. ``reason`` says why it is refused, skipped or along. For what would change, ``note`` says what
    else it touches, and ``affected`` which symbols with positions or orders. ``needs`` names the steps that must have
    gone well before; ``margin_type`` is the one the leverage is meant for where leverage depends on it.
    """

    account: str
    venue: str
    symbol: str | None
    setting: Setting
    side: PositionSide | None
    present: Value | None
    target: Value
    status: StepStatus
    order: int | None
    weight: int | None
    reason: str | None
    note: str | None
    affected: tuple[str, ...]
    name: str
    needs: tuple[str, ...] = ()
    margin_type: MarginType | None = None

    def __str__(self) -> str:
        return self.name


@attrs.frozen
class PlannedRead:
    """What reading one account cost, in the venue's own weight."""

    account: str
    venue: str
    weight: int


@attrs.frozen
class Unreadable:
    """An account of the target that could not be opened or read, and why; nothing of it is planned or changed."""

    account: str
    venue: str
    error: VenuekitError

    def row(self, like: type[Any], words: str) -> dict[str, Any]:
        """Return a flat row with the fields of a step or result, None in most; ``words`` is where the error goes."""
        fields: dict[str, Any] = {field.name: None for field in attrs.fields(like)}
        return {**fields, "account": self.account, "venue": self.venue, "status": "unreadable", words: str(self.error)}


@attrs.frozen
class UnknownSymbol:
    """A symbol of the target that the venue of the account does not know, and its words."""

    account: str
    symbol: str
    error: OperationError

    @property
    def path(self) -> KeyPath:
        """Where the target says so."""
        return ("accounts", self.account, "symbols", self.symbol)

    @property
    def reason(self) -> str:
        """What is wrong with it."""
        code = f"{self.error.code} " if self.error.code is not None else ""
        return f"{self.error.venue} refuses this symbol: {code}{self.error.message}"

    def __str__(self) -> str:
        return f"{key_text(self.path)}: {self.reason}"


@attrs.frozen
class Plan:
    """
    The difference between a target and what holds; ``steps`` in the order of the target.

    ``unknown`` are the symbols that no venue knows: there are no steps for them, and a plan with such is not applied.
    ``unreadable`` are the accounts that could not be read: there are no steps for them either, and ``target`` has only
    the others, which are applied.
    """

    target: Target = attrs.field(repr=False)
    steps: tuple[PlannedStep, ...]
    reads: tuple[PlannedRead, ...]
    unknown: tuple[UnknownSymbol, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def pending(self) -> tuple[PlannedStep, ...]:
        """What would be sent, in the order in which it would be."""
        return tuple(sorted((s for s in self.steps if s.status is StepStatus.PENDING), key=lambda s: s.order or 0))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to send."""
        return not self.pending

    @property
    def weight(self) -> int:
        """What all pending steps cost together, over all venues."""
        return sum(step.weight or 0 for step in self.pending)

    def rows(self) -> tuple[dict[str, Any], ...]:
        """Return one flat row per step, account and venue first, and one for each account that could not be read."""
        unread = (_without_inner(one.row(PlannedStep, "reason")) for one in self.unreadable)
        return (*(_row(step) for step in self.steps), *unread)


def _row(step: PlannedStep) -> dict[str, Any]:
    row = _without_inner(attrs.asdict(step, recurse=False))
    return {**row, "affected": " ".join(step.affected) or None}


def _without_inner(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"name", "needs", "margin_type"}}
