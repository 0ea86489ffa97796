"""Lenses: one function from a venue's row to settings, from which readers, setters and read-backs follow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any, Generic, TypeVar

import attrs

from venuekit.capabilities import LeverageSetting, MarginType, Unit
from venuekit.endpoint import Endpoint
from venuekit.errors import Outcome, PayloadMismatch
from venuekit.resolution import Call, Lost, Readback, Reading

R = TypeVar("R")
V = TypeVar("V")

_BY_NAME: Mapping[MarginType, str] = {one: one.value for one in (MarginType.CROSS, MarginType.ISOLATED)}


def _itself(state: RowSettings) -> RowSettings:
    return state


@attrs.frozen
class RowSettings:
    """
    The settings of a symbol as one row of a venue shows them; None where it does not.

    ``margin_word`` is the venue's own word where ``margin_type`` is None because the word is not documented.
    ``leverage_short`` is ``leverage`` unless a side has its own. ``max_position`` is the largest position that the
    venue allows at that leverage. ``position`` is the absolute quantity of this row alone, in contracts. ``matters``
    says that the row can refuse a change of mode although it has no position and is not isolated.
    """

    symbol: str
    margin_type: MarginType | None = None
    leverage: Decimal | None = None
    leverage_short: Decimal | None = attrs.Factory(lambda self: self.leverage, takes_self=True)
    max_position: Decimal | None = None
    position: Decimal = Decimal(0)
    matters: bool = False
    margin_word: str | None = None


@attrs.frozen(kw_only=True)
class SymbolLens(Generic[R]):
    """
    How leverage and margin type of a symbol are read, and how writes spell them.

    ``find_row`` reads the row of one symbol, flat or not, and raises ``InvalidRequest`` for an unknown one; ``state``
    is the one function from such a row to settings. ``symbol``, ``leverage`` and ``margin_type`` are names of
    parameters, ``fixed`` parameters that every write has. ``answered`` makes a state of the answer to a write of
    leverage, where it has one. ``leverage_may_be_missing`` is for venues without leverage in some modes.
    """

    find_row: Callable[[Call, str], Awaitable[R]]
    state: Callable[[R], RowSettings]
    symbol: str = "symbol"
    leverage: tuple[str, ...] = ("leverage",)
    leverage_may_be_missing: bool = False
    margin_type: str = "marginType"
    margin_words: Mapping[MarginType, str] = _BY_NAME
    max_position_unit: Unit | None = None
    fixed: Mapping[str, Any] = attrs.field(factory=dict)
    answered: Callable[[Any], RowSettings] = _itself

    async def read(self, call: Call, symbol: str) -> RowSettings:
        """Return the settings of a symbol, by one read."""
        return self.state(await self.find_row(call, symbol))

    async def read_leverage(self, call: Call, symbol: str) -> RowSettings:
        """
        Do as :meth:`read`, with a leverage.

        Raises:
            PayloadMismatch: the row has none, and the venue always has one.
        """
        state = await self.read(call, symbol)
        if state.leverage is None and not self.leverage_may_be_missing:
            raise PayloadMismatch("leverage: missing", subject=symbol, outcome=Outcome.NOT_APPLIED)
        return state

    async def read_margin_type(self, call: Call, symbol: str) -> MarginType:
        """
        Return the margin type of a symbol, by one read.

        Raises:
            PayloadMismatch: the row has none, or a word that the venue does not document.
        """
        state = await self.read(call, symbol)
        if state.margin_type is None:
            words = " or ".join(self.margin_words.values())
            raise PayloadMismatch(
                f"{self.margin_type}: expected {words}, got {state.margin_word!r}",
                subject=symbol,
                outcome=Outcome.NOT_APPLIED,
            )
        return state.margin_type

    def leverage_setting(self, state: RowSettings, changed: bool | None = None) -> LeverageSetting:
        """Return the leverage of a state as the capability has it."""
        unit = None if state.max_position is None else self.max_position_unit
        return LeverageSetting(state.symbol, state.leverage, state.leverage_short, state.max_position, unit, changed)

    def leverage_readback(self, answer: Callable[[RowSettings], Any] | None = None) -> Readback:
        """
        Return the read-back of a write of leverage.

        ``answer`` undoes ``answered``; None where an answer does not repeat the leverage.
        """

        async def read(call: Call, lost: Lost) -> Reading[Any]:
            state = await self.read_leverage(call, lost.parameters[self.symbol])
            wanted = Decimal(lost.parameters[self.leverage[0]])
            return Reading(
                value=state.leverage,
                holds=state.leverage == wanted == state.leverage_short,
                answer=None if answer is None else answer(state),
            )

        return read

    def margin_type_readback(self, answer: Callable[[str, MarginType], Any] | None = None) -> Readback:
        """
        Return the read-back of a write of the margin type.

        ``answer`` makes the venue's answer of symbol and margin type; None where it repeats neither.
        """

        async def read(call: Call, lost: Lost) -> Reading[Any]:
            symbol = lost.parameters[self.symbol]
            value = await self.read_margin_type(call, symbol)
            return Reading(
                value=value,
                holds=self.margin_words.get(value) == lost.parameters[self.margin_type],
                answer=None if answer is None else answer(symbol, value),
            )

        return read


@attrs.frozen
class AccountLens(Generic[R, V]):
    """
    How one setting of a whole account is read, and how a write spells it.

    ``endpoint`` is the cheapest read that shows it, ``value`` the one function from its answer to the setting,
    ``parameter`` the name by which the write takes one of ``words``.
    """

    endpoint: Endpoint[R]
    value: Callable[[R], V]
    parameter: str
    words: Mapping[V, Any]

    async def read(self, call: Call) -> V:
        """Return the setting, by one read."""
        return self.value(await call(self.endpoint))

    def spell(self, value: V) -> dict[str, Any]:
        """Return the parameter by which a write spells a value."""
        return {self.parameter: self.words[value]}

    def readback(self) -> Readback:
        """Return the read-back of a write of the setting."""

        async def read(call: Call, lost: Lost) -> Reading[Any]:
            value = await self.read(call)
            return Reading(value=value, holds=self.words.get(value) == lost.parameters[self.parameter])

        return read
