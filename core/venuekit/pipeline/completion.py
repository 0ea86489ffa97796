"""
Completion: a write of several settings sends those that its caller did not name as they are, and reads all back.

Beside it, the read of a setting that is not sent where it holds already.
"""

from __future__ import annotations

from typing import Any

import attrs

from venuekit import errors
from venuekit.endpoint import Change
from venuekit.errors import Outcome
from venuekit.payloads.mismatch import mismatch_of
from venuekit.pipeline.guard import check_guard
from venuekit.pipeline.operation import Operation
from venuekit.pipeline.options import UNSET
from venuekit.pipeline.resolve import as_lost, look_for_value
from venuekit.resolution import Completed, Completion, Reading

#: seconds before each reading that is to show an accepted write; a venue's reads may lag behind its writes
_LOOKS = (0.0, 1.0, 2.0)


async def complete(operation: Operation[Any], completion: Completion) -> None:
    """
    Read the settings that stay, within the turn of the write, and ask the guard about the whole.

    Raises:
        OperationError: they cannot be read; nothing was sent.
        Conflict: the settings to be changed are not as the caller expects them; nothing was sent.
        InvalidArgument, GuardRefused: the whole may not be sent.
    """
    session, endpoint = operation.session, operation.endpoint
    try:
        completed = await completion.read(operation.call, operation.parameters)
    except errors.InvalidArgument:
        raise  # no read can complete these parameters
    except Exception as error:  # noqa: BLE001 - classified there, whatever its source
        unread = mismatch_of(error)
        unread.operation = operation.name
        unread.message = f"the settings that stay could not be read, and nothing was sent: {unread.message}"
        raise operation.annotate(unread) from None
    try:
        operation.encoded = session.wire.encode(endpoint, completed.parameters)
    except ValueError as error:
        raise operation.annotate(errors.InvalidArgument(str(error))) from None
    expected = operation.options.expected
    if completed.part is not None and expected is not UNSET and completed.part != expected:
        words = f"{completed.part} holds, not {expected}, from which it was to be changed"
        raise operation.annotate(errors.Conflict(words))
    operation.parameters, operation.before = completed.parameters, completed
    if completed.present is not None:
        operation.options = attrs.evolve(operation.options, expected=completed.present)
    if not session.guard.is_open:
        check_guard(operation)


async def read_present(operation: Operation[Any]) -> Change[Any] | None:
    """
    Read a setting before it is sent, within its turn, and return the change that it already is; None to send it.

    Raises:
        OperationError: it cannot be read; nothing was sent.
        Conflict: it is neither the wanted value nor the one that the caller expects; nothing was sent.
    """
    try:
        reading = await _read_back(operation)
    except Exception as error:  # noqa: BLE001 - classified there, whatever its source
        unread = mismatch_of(error)
        unread.operation = operation.name
        unread.message = f"the present value could not be read, and nothing was sent: {unread.message}"
        raise operation.annotate(unread) from None
    if reading.holds:
        return Change(reading.answer, changed=False)
    expected = operation.options.expected
    if expected is not UNSET and reading.value != expected:
        words = f"{reading.value} holds, not {expected}, from which it was to be changed"
        raise operation.annotate(errors.Conflict(words))
    return None


async def check_present(operation: Operation[Any]) -> None:
    """
    Read a write of several settings back before it is sent once more.

    Raises:
        Conflict: another actor changed one of them since they were read.
        OperationError: they cannot be read.
    """
    completed = operation.before
    if not isinstance(completed, Completed) or completed.present is None:
        return
    try:
        reading = await _read_back(operation)
    except Exception as error:  # noqa: BLE001 - classified there, whatever its source
        raise operation.annotate(mismatch_of(error)) from None
    if not reading.holds and reading.value != completed.present:
        raise operation.annotate(errors.Conflict(_words_of_conflict(reading), outcome=Outcome.NOT_APPLIED))


async def confirm(operation: Operation[Any]) -> None:
    """
    Read an accepted write of several settings back, within its turn.

    Raises:
        Conflict: another actor changed one of them; the write itself was executed.
        OutcomeUnknown: the reads show the old settings, or fail (its outcome is then APPLIED).
    """
    completed, was_open = operation.before, operation.open_until
    operation.open_until = was_open or operation.fence  # interrupted here, it is not one that was refused
    seen: list[str] = []
    for pause in _LOOKS:
        if pause:
            await operation.session.clock.sleep(pause)
        try:
            reading = await _read_back(operation)
        except Exception as error:
            words = f"it was executed, and reading it back failed: {mismatch_of(error)}"
            failed = errors.OutcomeUnknown(words, outcome=Outcome.APPLIED)
            look_for_value(operation, failed)
            raise operation.annotate(failed) from error
        if reading.holds:
            operation.open_until = was_open
            return
        if completed.present is not None and reading.value not in {None, completed.present}:
            raise operation.annotate(errors.Conflict(_words_of_conflict(reading), outcome=Outcome.APPLIED))
        seen.append(str(reading.value))
    unseen = errors.OutcomeUnknown(f"it was accepted, and reads show {', '.join(dict.fromkeys(seen))} after it")
    look_for_value(operation, unseen)
    raise operation.annotate(unseen)


async def _read_back(operation: Operation[Any]) -> Reading[Any]:
    """Read all settings of a write; its endpoint declares how, or it could not be completed."""
    readback = operation.endpoint.readback
    if readback is None:  # pragma: no cover - a declaration without one is refused
        raise TypeError(f"{operation.endpoint} has no readback")
    return await readback(operation.call, as_lost(operation))


def _words_of_conflict(reading: Reading[Any]) -> str:
    return f"{reading.value} holds, neither the old nor the wanted value: another actor writes it too"
