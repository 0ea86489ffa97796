"""Commands: the name, the fields and the effect of one command of the control port."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import attrs

from venuekit.simulator.fields import Field, FieldError, FieldKind, read_fields
from venuekit.simulator.simulation import Simulation

VENUE = Field("venue", FieldKind.TEXT, "The venue; without it, every one that it may concern.")
#: a day, in seconds: the furthest that clocks run ahead or behind
_CLOCK_MAX = 86_400
CLOCK = Field(
    "seconds",
    FieldKind.NUMBER,
    "The seconds; below 0 it is behind.",
    required=True,
    is_word=True,
    minimum=-_CLOCK_MAX,
    maximum=_CLOCK_MAX,
)
ACCOUNT = Field("account", FieldKind.TEXT, "The account, by name or number; the main one when left out.")


@attrs.frozen
class ControlCommand:
    """
    One command: ``title`` is its effect in one sentence, ``answers`` the content of its answer.

    ``act`` gets the simulation and the fields that were given. Its result is answered as JSON, by
    :func:`as_json`. A refused command changes nothing.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    act: Callable[[Simulation, Mapping[str, Any]], object]
    answers: str

    def run(self, simulation: Simulation, given: Mapping[str, object]) -> object:
        """
        Check the fields, act, and return the answer as a JSON value.

        Raises:
            FieldError: a field is unknown, missing or wrong, or names something that the simulation does not have.
            Refused: the ledger refuses the command.
        """
        fields = read_fields(self.fields, given)
        try:
            return as_json(self.act(simulation, fields))
        except InvalidOperation as error:
            raise FieldError("these numbers are too far apart to compute with") from error


def as_json(value: object) -> Any:
    """Return a value as JSON: numbers of money as text in plain digits, times in ISO 8601, values as their fields."""
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    shape: Any = type(value)
    if attrs.has(shape):
        return {field.name: as_json(getattr(value, field.name)) for field in attrs.fields(shape)}
    if isinstance(value, Mapping):
        return {str(name): as_json(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [as_json(inner) for inner in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)
