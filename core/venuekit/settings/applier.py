"""Applies a plan: reads again, sends the changes, verifies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from venuekit.capabilities import AccountModeSetting, JointSetting, MarginType
from venuekit.errors import (
    AuthenticationFailed,
    Banned,
    OperationError,
    Outcome,
    PermissionDenied,
    TargetFileError,
    TransportError,
    Unavailable,
    UnsupportedCapability,
)
from venuekit.settings.controls import (
    account_mode_weight,
    carry_out,
    is_joint,
    read_account_mode,
    read_value,
    reader_weight,
)
from venuekit.settings.current_reads import read_current_settings
from venuekit.settings.planner import build_plan
from venuekit.settings.plans import Plan, PlannedRead, PlannedStep, StepStatus, UnknownSymbol, UnmatchedPattern
from venuekit.settings.report import (
    WENT_WELL,
    Report,
    Result,
    ResultStatus,
    after_reading,
    before_sending,
    before_writing,
    result_of,
    result_of_error,
    result_without_reading,
)
from venuekit.settings.step_order import Key
from venuekit.settings.target import Value
from venuekit.settings.target_accounts import (
    CurrentSettings,
    TargetAccount,
    desired_settings_of,
    patient,
    target_accounts_of,
)

if TYPE_CHECKING:
    from venuekit.account import Account

#: errors that every later step of the account would meet too
_HOPELESS = (AuthenticationFailed, Banned, TransportError, Unavailable)


async def apply(
    plan: Plan, accounts: Mapping[str, Account], *, on_result: Callable[[Result], None] | None = None
) -> Report:
    """
    Carry a plan out and return the result of every setting in it.

    Reads again first: a setting that changed since the plan is a conflict and stays unchanged, and steps that the plan
    did not announce are not taken. Each setting is read right before it is written, and is not written when its value
    is neither the planned one nor the target; steps that need a failed step are skipped. If anything was sent, all
    settings of all accounts are read once more at the end, also those that were not sent: ``unchanged`` is said only of
    a setting that this reading shows unchanged. An account that cannot be read stays unchanged; the others continue.
    Reads wait up to two minutes for the budget of the venue, so that any number of changes is made at its pace.

    Args:
        plan: A plan of :func:`~venuekit.settings.plan`.
        accounts: The open account of each entry, by its name.
        on_result: Called after each sent step; the report, after verifying, is authoritative.

    Raises:
        ConfigurationError: an account is missing.
        TargetFileError: a venue does not know a symbol, or a pattern matches none; nothing was sent.
    """
    _refuse_unknown((*plan.unknown, *plan.unmatched))
    current = await read_current_settings(plan.target, target_accounts_of(plan.target, accounts))
    _refuse_unknown(current.unknown)
    work = _Work(accounts, current, build_plan(plan.target, current), on_result)
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


def _refuse_unknown(unknown: Sequence[UnknownSymbol | UnmatchedPattern]) -> None:
    if unknown:
        raise TargetFileError("\n".join(map(str, unknown)))


@attrs.define
class _Work:
    accounts: Mapping[str, Account]
    current: CurrentSettings
    now: Plan
    on_result: Callable[[Result], None] | None
    results: dict[str, Result] = attrs.field(factory=dict)
    #: the steps whose result the last reading can still change
    open: set[str] = attrs.field(factory=set)
    #: the cost of the reads right before writes, by account and venue
    weights: Counter[tuple[str, str]] = attrs.field(factory=Counter)
    #: the account modes that were read to explain a refusal, None for one that could not be read
    modes: dict[str, AccountModeSetting | None] = attrs.field(factory=dict)
    #: the steps by name
    steps: dict[str, PlannedStep] = attrs.field(
        init=False, default=attrs.Factory(lambda self: {step.name: step for step in self.now.steps}, takes_self=True)
    )
    #: accounts that get no further requests, with the reason
    lost: dict[str, OperationError] = attrs.field(factory=dict)

    def sort_out(self, plan: Plan) -> None:
        """Record the results of the steps that end without being sent."""
        planned = {step.name: step for step in plan.steps}
        for step in self.now.steps:
            result = before_sending(planned[step.name], step)
            if result is not None:
                self.results[step.name] = result

    async def send(self) -> None:
        """Carry out the remaining steps, in their order."""
        for step in self.now.pending:
            if step.name in self.results:
                continue
            other = self.results.get(step.also or "")
            if other is not None and other.status is ResultStatus.CONFLICT:
                words = f"{other.name}, which the same write sets, {other.message}; nothing was sent"
                self.results[step.name] = result_of(step, ResultStatus.CONFLICT, words)
                continue
            if (reason := self._reason_of_mode(step)) is not None:
                self.results[step.name] = result_of(step, ResultStatus.REFUSED, reason)
                continue
            skip_reason = self._skip_reason(step)
            if skip_reason is not None:
                self.results[step.name] = result_of(step, ResultStatus.SKIPPED, skip_reason)
                continue
            result = self.results[step.name] = await self._result_before_writing(step) or await self._send(step)
            if self.on_result is not None:
                self.on_result(result)

    def follow(self) -> None:
        """Copy a step's result to the entries that share its setting."""
        for step in self.now.steps:
            if step.name not in self.results and step.status is StepStatus.ALONG:
                carrier = self.results[step.needs[0]]
                self.results[step.name] = result_of(step, carrier.status, carrier.message or step.reason, carrier.code)
                self.open.add(step.name)

    async def verify(self) -> tuple[PlannedRead, ...]:
        """Read all settings once more if anything was sent, and return the cost of the reads."""
        keys: dict[TargetAccount, dict[str, Key]] = {}
        for desired in desired_settings_of(self.now.target, self.current.accounts) if self.open else ():
            keys.setdefault(desired.account, {})[desired.name] = desired.key
        reads = []
        for target_account, names in keys.items():
            try:
                snapshot = await target_account.read()
            except OperationError as error:
                self.results.update({name: result_without_reading(self.results[name], error) for name in names})
                continue
            self._trust(target_account)
            verified = CurrentSettings({target_account: snapshot})
            for name, key in names.items():
                odd = None if key.symbol is None else snapshot.odd_row(key.symbol)
                result = self.results[name]
                self.results[name] = (
                    after_reading(result, verified.value(target_account, key))
                    if odd is None
                    else result_without_reading(result, odd)
                )
            reads.append(PlannedRead(next(iter(target_account.entries)), target_account.venue.id, snapshot.weight))
        return tuple(reads)

    def _trust(self, target_account: TargetAccount) -> None:
        """Withdraw that a key is wrong: its reads succeed, so the venue's refusal was about writing."""
        for name in target_account.entries:
            if isinstance(self.lost.get(name), AuthenticationFailed):
                del self.lost[name]

    def _skip_reason(self, step: PlannedStep) -> str | None:
        """Return the reason why a step is not sent, None when it is."""
        for name in step.needs:
            requirement = self.results[name]
            if requirement.status not in WENT_WELL:
                return f"needs {name}, which ended as {requirement.status}"
        if step.account in self.lost:
            return f"not tried after: {self.lost[step.account]}"
        return None

    async def _result_before_writing(self, step: PlannedStep) -> Result | None:
        """Read a setting right before its write, and return its result where it is not written; None when it is."""
        account = patient(self.accounts[step.account])
        other, also = self._also(step), None
        try:
            value = await read_value(
                account, step.setting, symbol=step.symbol, side=step.side, margin_type=step.margin_type
            )
            if other is not None:
                also = before_writing(other, await read_value(account, other.setting, symbol=other.symbol))
        except UnsupportedCapability as error:
            return result_of_error(step, error)
        except OperationError as error:
            if (refused := await self._refused_by_mode(step, error)) is not None:
                return refused
            if isinstance(error, _HOPELESS):
                self.lost[step.account] = error
            return result_of(step, ResultStatus.SKIPPED, f"could not be read right before: {error}", error.code)
        finally:
            self.weights[step.account, step.venue] += reader_weight(account.venue, step.setting)
        result = before_writing(step, value)
        if other is None or (result is not None and result.status is ResultStatus.CONFLICT):
            return result
        if also is not None and also.status is ResultStatus.CONFLICT:
            return result_of(step, also.status, f"{other.name}, which the same write sets, {also.message}")
        return None if also is None else result  # one of both is still to be set, or neither

    async def _refused_by_mode(self, step: PlannedStep, error: OperationError) -> Result | None:
        """Return the result of a step whose refused key the account mode explains, None where it does not."""
        if error.outcome is Outcome.UNKNOWN or not isinstance(error, (AuthenticationFailed, PermissionDenied)):
            return None
        if step.account not in self.modes:
            account = self.accounts[step.account]
            self.modes[step.account] = await read_account_mode(account)
            self.weights[step.account, step.venue] += account_mode_weight(account.venue)
        reason = self._reason_of_mode(step)
        return (
            None if reason is None else result_of(step, ResultStatus.REFUSED, f"{error.message}; {reason}", error.code)
        )

    def _reason_of_mode(self, step: PlannedStep) -> str | None:
        """Return why the account mode makes a setting unavailable, None where it does not, or was not read."""
        mode = self.modes.get(step.account)
        return None if mode is None else mode.unavailable.get(step.setting)

    def _joint(self, step: PlannedStep) -> tuple[MarginType | None, Value | JointSetting | None]:
        """Return the margin type that a write names, and the value it is changed from; None for one that is unknown."""
        other = self._also(step)
        if other is None:
            # where one write sets both, the margin type holds, and stays
            return (None if is_joint(self.accounts[step.account].venue) else step.margin_type), step.present
        wanted = other.target if isinstance(other.target, MarginType) else None
        snapshot = next(self.current.of(one) for one in self.current.accounts if step.account in one.entries)
        row = snapshot.symbol(step.symbol or "")
        if row is None or not isinstance(other.present, MarginType):
            return wanted, None
        # under the margin type that holds, which may have another leverage than the one that is to hold
        return wanted, JointSetting(other.present, row.leverage(side=step.side, margin_type=other.present))

    def _also(self, step: PlannedStep) -> PlannedStep | None:
        """Return the step that the write of another one sets, too."""
        return None if step.also is None else self.steps[step.also]

    async def _send(self, step: PlannedStep) -> Result:
        self.open.add(step.name)
        account = self.accounts[step.account]
        margin_type, expected = self._joint(step)
        if expected is not None:
            account = account.with_options(expected=expected)
        try:
            changed = await carry_out(account, step.target, symbol=step.symbol, side=step.side, margin_type=margin_type)
        except OperationError as error:
            if (refused := await self._refused_by_mode(step, error)) is not None:
                return refused
            if isinstance(error, _HOPELESS):
                self.lost[step.account] = error
            return result_of_error(step, error)
        if changed is False:
            return result_of(step, ResultStatus.UNCHANGED, "the venue had nothing to change")
        return result_of(step, ResultStatus.CHANGED, None if changed else "an earlier attempt had no answer; it holds")
