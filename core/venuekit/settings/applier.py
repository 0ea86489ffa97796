"""Applying: read again, carry a plan out, verify."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from venuekit.errors import (
    AuthenticationFailed,
    Banned,
    OperationError,
    TargetFileError,
    TransportError,
    Unavailable,
    UnsupportedCapability,
)
from venuekit.settings.controls import carry_out, read_value, reader_weight
from venuekit.settings.draft import draft
from venuekit.settings.judge import after_reading, before_sending, before_writing, ended, failed, unread
from venuekit.settings.key import Key
from venuekit.settings.places import Place, places_of
from venuekit.settings.planner import read_places
from venuekit.settings.plans import Plan, PlannedRead, PlannedStep, StepStatus, UnknownSymbol
from venuekit.settings.readings import Readings
from venuekit.settings.report import Report, Result, ResultStatus
from venuekit.settings.wishes import wishes_of

if TYPE_CHECKING:
    from venuekit.account import Account

__all__ = ["apply"]

#: what one step meets, every later one would meet too
_HOPELESS = (AuthenticationFailed, Banned, TransportError, Unavailable)
_WENT_WELL = frozenset({ResultStatus.CHANGED, ResultStatus.UNCHANGED})


async def apply(
    plan: Plan, accounts: Mapping[str, Account], *, on_result: Callable[[Result], None] | None = None
) -> Report:
    """
    Carry a plan out and return what came of every setting in it.

    Reads again first: what moved since the plan is a conflict and is left alone, and what the plan did not announce
    is not done. Each setting is read right before it is written, and is not when it holds a value that is neither the
    one it was planned from nor the target; whatever needs a step that did not end well is skipped. At the end all
    settings of the accounts that something was sent to are read once more, also those that were not sent. An account
    that cannot be read is left alone and does not keep the others from being changed.

    Args:
        plan: What :func:`~venuekit.settings.plan` returned.
        accounts: The open account of each entry, by its name.
        on_result: Called as each step ends that was sent; the report has the last word, after verifying.

    Raises:
        ConfigurationError: an account is missing.
        TargetFileError: a venue does not know a symbol; nothing was sent.
    """
    _refuse_unknown(plan.unknown)
    readings = await read_places(plan.target, places_of(plan.target, accounts))
    _refuse_unknown(readings.unknown)
    work = _Work(accounts, readings, draft(plan.target, readings), on_result)
    work.sort_out(plan)
    await work.send()
    work.follow()
    reads = await work.verify()
    return Report(
        tuple(work.results[step.name] for step in work.now.steps),
        (*work.now.reads, *(PlannedRead(*whose, weight) for whose, weight in work.weights.items()), *reads),
        tuple(work.lost.values()),
        (*plan.unreadable, *work.now.unreadable),
    )


def _refuse_unknown(unknown: Sequence[UnknownSymbol]) -> None:
    if unknown:
        raise TargetFileError("\n".join(map(str, unknown)))


@attrs.define
class _Work:
    accounts: Mapping[str, Account]
    readings: Readings
    now: Plan
    on_result: Callable[[Result], None] | None
    results: dict[str, Result] = attrs.field(factory=dict)
    #: the steps whose result the last reading can still change
    open: set[str] = attrs.field(factory=set)
    #: what reading right before writing cost, by account and venue
    weights: Counter[tuple[str, str]] = attrs.field(factory=Counter)
    #: accounts that nothing more is sent to, and why
    lost: dict[str, OperationError] = attrs.field(factory=dict)

    def sort_out(self, plan: Plan) -> None:
        """Find the steps that end without being sent."""
        planned = {step.name: step for step in plan.steps}
        for step in self.now.steps:
            result = before_sending(planned[step.name], step)
            if result is not None:
                self.results[step.name] = result

    async def send(self) -> None:
        """Carry out what is left, in its order."""
        for step in self.now.pending:
            if step.name in self.results:
                continue
            obstacle = self._obstacle(step)
            if obstacle is not None:
                self.results[step.name] = ended(step, ResultStatus.SKIPPED, obstacle)
                continue
            result = self.results[step.name] = await self._stopped(step) or await self._send(step)
            if self.on_result is not None:
                self.on_result(result)

    def follow(self) -> None:
        """Let the entries that go along with another one share its result."""
        for step in self.now.steps:
            if step.name not in self.results and step.status is StepStatus.ALONG:
                carrier = self.results[step.needs[0]]
                self.results[step.name] = ended(step, carrier.status, carrier.message or step.reason, carrier.code)
                self.open.add(step.name)

    async def verify(self) -> tuple[PlannedRead, ...]:
        """Read once more all settings of the keys that something was sent with, and return what the reads cost."""
        wanted = wishes_of(self.now.target, self.readings.places)
        owners = {wish.place.owner for wish in wanted if wish.name in self.open}
        keys: dict[Place, dict[str, Key]] = {}
        for wish in wanted:
            if wish.place.owner in owners:
                keys.setdefault(wish.place, {})[wish.name] = wish.key
        reads = []
        for place, names in keys.items():
            try:
                snapshot = await place.read()
            except OperationError as error:
                self.results.update({name: unread(self.results[name], error) for name in names if name in self.open})
                continue
            self._trust(place)
            seen = Readings(self.readings.places, {**self.readings.snapshots, place.number: snapshot})
            for name, key in names.items():
                self.results[name] = after_reading(self.results[name], seen.value(place, key))
            reads.append(PlannedRead(next(iter(place.entries)), place.venue.id, snapshot.weight))
        return tuple(reads)

    def _trust(self, place: Place) -> None:
        """Take back that a key is wrong: it reads on, so the venue's refusal was that it may not write."""
        for name in place.entries:
            if isinstance(self.lost.get(name), AuthenticationFailed):
                del self.lost[name]

    def _obstacle(self, step: PlannedStep) -> str | None:
        """Return why a step is not sent after all."""
        for name in step.needs:
            needed = self.results[name]
            if needed.status not in _WENT_WELL:
                return f"needs {name}, which ended as {needed.status}"
        if step.account in self.lost:
            return f"not tried after: {self.lost[step.account]}"
        return None

    async def _stopped(self, step: PlannedStep) -> Result | None:
        """Read a setting right before it is written, and return how it ends where it is not; None when it is."""
        account = self.accounts[step.account]
        try:
            value = await read_value(account, step.setting, symbol=step.symbol, side=step.side)
        except UnsupportedCapability as error:
            return failed(step, error)
        except OperationError as error:
            if isinstance(error, _HOPELESS):
                self.lost[step.account] = error
            return ended(step, ResultStatus.SKIPPED, f"could not be read right before: {error}", error.code)
        finally:
            self.weights[step.account, step.venue] += reader_weight(account.venue, step.setting)
        return before_writing(step, value)

    async def _send(self, step: PlannedStep) -> Result:
        self.open.add(step.name)
        account = self.accounts[step.account]
        if step.present is not None:
            account = account.using(expected=step.present)
        try:
            changed = await carry_out(
                account, step.target, symbol=step.symbol, side=step.side, margin_type=step.margin_type
            )
        except OperationError as error:
            if isinstance(error, _HOPELESS):
                self.lost[step.account] = error
            return failed(step, error)
        if changed is False:
            return ended(step, ResultStatus.UNCHANGED, "the venue had nothing to change")
        return ended(step, ResultStatus.CHANGED, None if changed else "an earlier attempt had no answer; it holds")
