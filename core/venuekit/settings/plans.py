"""Plans: the changes, their order and cost, and the expected refusals."""

from __future__ import annotations

import enum
from typing import Any

import attrs

from venuekit._util.toml_lines import KeyPath, key_text
from venuekit.capabilities import MarginType, PositionSide, Setting
from venuekit.errors import OperationError, VenuekitError
from venuekit.settings.pace import Pace
from venuekit.settings.target import Target, Value


class StepStatus(enum.StrEnum):
    """The plan's verdict about one setting."""

    PENDING = "pending"  #: will be changed
    UNCHANGED = "unchanged"  #: equals the target
    REFUSED = "refused"  #: the venue would refuse it; nothing will be sent
    SKIPPED = "skipped"  #: needs a step that would be refused
    ALONG = "along"  #: another step changes it: that of another entry of the same account, or of the same write


@attrs.frozen(kw_only=True)
class Step:
    """
    One setting of one account, as a plan and a report have it.

    ``symbol`` is None for a setting of the account, ``side`` unless the sides are set separately, ``margin_type``
    but for a leverage where each has its own, ``present`` when the reads do not report it. ``name`` is the setting's
    path in the target. ``decided_by`` is file and line of the key that the target of the setting comes from, None
    without a file.
    """

    account: str
    venue: str
    symbol: str | None
    setting: Setting
    side: PositionSide | None
    margin_type: MarginType | None = None
    present: Value | None
    target: Value
    name: str
    decided_by: str | None = None

    def __str__(self) -> str:
        return self.name


@attrs.frozen(kw_only=True)
class PlannedStep(Step):
    """
    One setting of one account.

    ``order`` (from 1) and ``weight`` (the highest cost, in the venue's own weight) are None for a step that is not
    sent. ``reason`` explains a refused, skipped or shared step. For a change, ``note`` describes its side effects, and
    ``affected`` lists the symbols with positions or orders that it affects. ``needs`` names the steps that must succeed
    before. ``also`` is the name of the step that the same write sets, None where it sets one setting.
    """

    status: StepStatus
    order: int | None
    weight: int | None
    reason: str | None
    note: str | None
    affected: tuple[str, ...]
    needs: tuple[str, ...] = ()
    also: str | None = None


@attrs.frozen
class PlannedRead:
    """The cost of reading one account, in the venue's own weight."""

    account: str
    venue: str
    weight: int


@attrs.frozen
class Unreadable:
    """An account of the target that could not be opened or read, with the error; it is neither planned nor changed."""

    account: str
    venue: str
    error: VenuekitError

    def row(self, like: type[Any], words: str) -> dict[str, Any]:
        """Return a flat row with the fields of a step or result, None in most; ``words`` is the field of the error."""
        fields: dict[str, Any] = {field.name: None for field in attrs.fields(like)}
        return {**fields, "account": self.account, "venue": self.venue, "status": "unreadable", words: str(self.error)}


@attrs.frozen
class UnknownSymbol:
    """
    A symbol of the target that the account's venue does not know, with the venue's error.

    ``nearest`` is the symbol that was perhaps meant, None where no listed one comes near.
    """

    account: str
    symbol: str
    error: OperationError
    nearest: str | None = None

    @property
    def path(self) -> KeyPath:
        """The path of the symbol in the target."""
        return ("accounts", self.account, "symbols", self.symbol)

    @property
    def reason(self) -> str:
        """The venue's refusal of the symbol, and the one that was perhaps meant."""
        code = f"{self.error.code} " if self.error.code is not None else ""
        reason = f"{self.error.venue} refuses this symbol: {code}{self.error.message}"
        hint = None if self.nearest is None else f"did you mean {self.nearest}?"
        return reason if hint is None or hint in reason else f"{reason}; {hint}"

    def __str__(self) -> str:
        return f"{key_text(self.path)}: {self.reason}"


@attrs.frozen
class UnmatchedPattern:
    """A name or pattern of a rule that matches no symbol of any account that uses it; ``path`` is its key."""

    path: KeyPath
    pattern: str
    nearest: str | None

    @property
    def reason(self) -> str:
        """The pattern, and the symbol that was perhaps meant."""
        hint = "" if self.nearest is None else f"; did you mean {self.nearest}?"
        return f"{self.pattern!r} matches no symbol that the venue lists{hint}"

    def __str__(self) -> str:
        return f"{key_text(self.path)}: {self.reason}"


@attrs.frozen
class Plan:
    """
    The difference between a target and the current settings; ``steps`` in the order of the target.

    ``unknown`` are the symbols that a venue does not know, and ``unmatched`` the names and patterns of rules that match
    none: they have no steps, and a plan with any of them is not applied. ``unreadable`` are the accounts that could not
    be read: they have no steps either. ``target`` has only the others, which are applied, with the symbols that their
    rules matched. ``paces`` is the time that each venue's limits allow for its changes.
    """

    target: Target = attrs.field(repr=False)
    steps: tuple[PlannedStep, ...]
    reads: tuple[PlannedRead, ...]
    unknown: tuple[UnknownSymbol, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    unmatched: tuple[UnmatchedPattern, ...] = ()
    paces: tuple[Pace, ...] = ()

    @property
    def pending(self) -> tuple[PlannedStep, ...]:
        """The steps to send, in their order."""
        return tuple(sorted((s for s in self.steps if s.status is StepStatus.PENDING), key=lambda s: s.order or 0))

    @property
    def is_empty(self) -> bool:
        """Whether no step has to be sent."""
        return not self.pending

    @property
    def weight(self) -> int:
        """The cost of all pending steps together, over all venues."""
        return sum(step.weight or 0 for step in self.pending)

    def rows(self) -> tuple[dict[str, Any], ...]:
        """Return one flat row per step, account and venue first, and one for each account that could not be read."""
        unread = (_without_inner(account.row(PlannedStep, "reason")) for account in self.unreadable)
        return (*(_row(step) for step in self.steps), *unread)


def _row(step: PlannedStep) -> dict[str, Any]:
    row = _without_inner(attrs.asdict(step, recurse=False))
    return {**row, "affected": " ".join(step.affected) or None}


def _without_inner(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"name", "needs", "also"}}
