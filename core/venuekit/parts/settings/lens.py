"""Lenses: one function from a venue's row to settings, from which readers, setters and read-backs follow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Generic, TypeVar

import attrs

from venuekit.capabilities import LeverageSetting, MarginType, PositionSide, Unit
from venuekit.endpoint import Endpoint
from venuekit.errors import Outcome, PayloadMismatch
from venuekit.resolution import Call, Lost, Readback, Reading

R = TypeVar("R")
V = TypeVar("V")

_BY_NAME: Mapping[MarginType, str] = {one: one.value for one in (MarginType.CROSS, MarginType.ISOLATED)}
_SIDES: Mapping[PositionSide, str] = {one: one.value for one in (PositionSide.LONG, PositionSide.SHORT)}


def _itself(state: RowSettings) -> RowSettings:
    return state


@attrs.frozen
class RowSettings:
    """
    The settings of a symbol as one row of a venue shows them; None where it does not.

    ``margin_word`` is the venue's own word where ``margin_type`` is None because the word is not documented.
    ``leverage_short`` is ``leverage`` unless a side has its own. ``max_position`` is the largest position that the
    venue allows at that leverage. ``position`` is the absolute quantity of this row alone, in contracts. ``matters``
    says that the row can refuse a change of mode although it has no position and is not isolated. ``leverages`` has
    one for each margin type where each has its own; ``leverage`` is then that of ``margin_type``.
    """

    symbol: str
    margin_type: MarginType | None = None
    leverage: Decimal | None = None
    leverage_short: Decimal | None = attrs.Factory(lambda self: self.leverage, takes_self=True)
    max_position: Decimal | None = None
    position: Decimal = Decimal(0)
    matters: bool = False
    margin_word: str | None = None
    leverages: tuple[LeverageSetting, ...] = ()

    def __attrs_post_init__(self) -> None:
        for one in self.leverages:
            if one.margin_type is self.margin_type:
                object.__setattr__(self, "leverage", one.long)
                object.__setattr__(self, "leverage_short", one.short)


@attrs.frozen(kw_only=True)
class SymbolLens(Generic[R]):
    """
    How leverage and margin type of a symbol are read, and how writes spell them.

    ``find_row`` reads the row of one symbol, flat or not, and raises ``InvalidRequest`` for an unknown one; ``state``
    is the one function from such a row to settings. ``symbol``, ``leverage`` and ``margin_type`` are names of
    parameters, ``fixed`` parameters that every write has. ``answered`` makes a state of the answer to a write of
    leverage, where it has one. ``leverage_may_be_missing`` is for venues without leverage in some modes.

    Where each side has its own leverage, ``side`` is the parameter by which a write names one of ``side_words``. Where
    each margin type has its own (``per_margin_type``), a write of leverage names one by ``margin_type``.
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
    side: str | None = None
    side_words: Mapping[PositionSide, str] = _SIDES
    per_margin_type: bool = False
    #: whether a symbol has several leverages, or one that is set along with the margin type
    has_several: bool = attrs.field(
        init=False,
        default=attrs.Factory(lambda self: self.side is not None or self.per_margin_type or self.is_joint, True),
    )
    is_joint: ClassVar[bool] = False  #: whether one write sets leverage and margin type

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
        if state.leverage is None and not self.leverage_may_be_missing and not state.leverages:
            raise PayloadMismatch("leverage: missing", subject=symbol, outcome=Outcome.NOT_APPLIED)
        return state

    def leverage_of(
        self, state: RowSettings, margin_type: MarginType | None, side: PositionSide | None
    ) -> Decimal | None:
        """Return the leverage of a side, long without one, under a margin type, the one that holds without one."""
        long, short = state.leverage, state.leverage_short
        for setting in state.leverages if margin_type is not None else ():
            if setting.margin_type is margin_type:
                long, short = setting.long, setting.short
        return short if side is PositionSide.SHORT else long

    def sides_of(self, parameters: Mapping[str, Any]) -> tuple[PositionSide, ...]:
        """Return the sides whose leverage a write sets."""
        word = None if self.side is None else parameters.get(self.side)
        named = tuple(side for side, spelled in self.side_words.items() if spelled == word)
        return named or (PositionSide.LONG, PositionSide.SHORT)

    def margin_type_named(self, parameters: Mapping[str, Any]) -> MarginType | None:
        """Return the margin type that a write names, None when it names none."""
        word = parameters.get(self.margin_type)
        return next((one for one, spelled in self.margin_words.items() if spelled == word), None)

    async def read_margin_type(self, call: Call, symbol: str) -> MarginType:
        """
        Return the margin type of a symbol, by one read.

        Raises:
            PayloadMismatch: the row has none, or a word that the venue does not document.
        """
        return self.margin_type_of(await self.read(call, symbol))

    def margin_type_of(self, state: RowSettings) -> MarginType:
        """
        Return the margin type of a state.

        Raises:
            PayloadMismatch: it shows none, or a word that the venue does not document.
        """
        if state.margin_type is None:
            words = " or ".join(self.margin_words.values())
            raise PayloadMismatch(
                f"{self.margin_type}: expected {words}, got {state.margin_word!r}",
                subject=state.symbol,
                outcome=Outcome.NOT_APPLIED,
            )
        return state.margin_type

    def leverage_setting(
        self, state: RowSettings, changed: bool | None = None, margin_type: MarginType | None = None
    ) -> LeverageSetting:
        """Return the leverage of a state as the capability has it, under a margin type where each has its own."""
        unit = None if state.max_position is None else self.max_position_unit
        long, short, chosen = state.leverage, state.leverage_short, None
        if self.per_margin_type:
            chosen = margin_type or self.margin_type_of(state)
            long, short = (self.leverage_of(state, chosen, side) for side in (PositionSide.LONG, PositionSide.SHORT))
        return LeverageSetting(state.symbol, long, short, state.max_position, unit, changed, chosen)

    def leverage_readback(self, answer: Callable[[RowSettings], Any] | None = None) -> Readback:
        """
        Return the read-back of a write of leverage.

        ``answer`` undoes ``answered``; None where an answer does not repeat the leverage.
        """

        async def read(call: Call, lost: Lost) -> Reading[Any]:
            state = await self.read_leverage(call, lost.parameters[self.symbol])
            wanted = Decimal(lost.parameters[self.leverage[0]])
            margin_type = self.margin_type_named(lost.parameters) if self.per_margin_type else None
            values = [self.leverage_of(state, margin_type, side) for side in self.sides_of(lost.parameters)]
            return Reading(
                value=values[0],
                holds=all(value == wanted for value in values),
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
