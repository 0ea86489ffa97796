"""Readers: instruments, balances and positions of a venue whose rows become values by declaration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from venuekit.account import Account
from venuekit.capabilities import (
    Balance,
    BalanceReader,
    Instrument,
    InstrumentReader,
    Position,
    PositionReader,
    PositionSide,
)
from venuekit.endpoint import Endpoint
from venuekit.parameters import Role
from venuekit.parts.listing import remember_symbols, unlisted_error
from venuekit.parts.rows import Rows
from venuekit.parts.values import values_of

__all__ = [
    "BalanceEndpoints",
    "BalancePart",
    "InstrumentEndpoints",
    "InstrumentPart",
    "PositionEndpoints",
    "PositionPart",
]


class InstrumentEndpoints(Protocol):
    """The list of instruments, decoded by ``Reads.read_all``; it takes a symbol, or returns all."""

    INSTRUMENTS: Endpoint[tuple[Instrument, ...]]


class InstrumentPart(Account, InstrumentReader):
    """The instruments, by one read."""

    __slots__ = ()

    endpoints: ClassVar[InstrumentEndpoints]

    async def get_instruments(self, *, symbol: str | None = None) -> tuple[Instrument, ...]:
        """Return every instrument, or the requested one."""
        endpoint = self.endpoints.INSTRUMENTS
        instruments = (await self.answer_rows(endpoint, **_of_symbol(endpoint, symbol))).value
        if symbol is None:
            remember_symbols(self, instruments)
        return tuple(instrument for instrument in instruments if symbol in {None, instrument.symbol})


class BalanceEndpoints(Protocol):
    """The list of balances."""

    BALANCES: Endpoint[Rows[Balance]]


class BalancePart(Account, BalanceReader):
    """The balances, by one read of all of them."""

    __slots__ = ()

    endpoints: ClassVar[BalanceEndpoints]

    async def get_balances(self, *, asset: str | None = None) -> tuple[Balance, ...]:
        """Return one balance per asset, or that of ``asset``; the venue needs no filter."""
        endpoint = self.endpoints.BALANCES
        answer = await self.answer_rows(endpoint)
        balances = values_of(self, endpoint, answer, answer.value)
        return tuple(balance for balance in balances if asset in {None, balance.asset})


class PositionEndpoints(Protocol):
    """The list of positions, flat ones too; it takes a symbol, or returns all. ``Reads`` declares ``flat``."""

    POSITIONS: Endpoint[Rows[Position]]


class PositionPart(Account, PositionReader):
    """
    The positions, by one read.

    ``SHOW_FLAT`` holds the parameters without which the venue leaves flat positions out.
    """

    __slots__ = ()

    endpoints: ClassVar[PositionEndpoints]
    SHOW_FLAT: ClassVar[Mapping[str, Any]] = {}

    async def get_positions(
        self,
        *,
        symbol: str | None = None,
        pair: str | None = None,
        margin_asset: str | None = None,
        include_flat: bool = False,
    ) -> tuple[Position, ...]:
        """Return the open positions, or with ``include_flat=True`` every position, of ``symbol`` or of all."""
        if pair is not None or margin_asset is not None:
            raise self.refuse("positions can be filtered by symbol only", subject=symbol)
        endpoint = self.endpoints.POSITIONS
        parameters = {**_of_symbol(endpoint, symbol), **(self.SHOW_FLAT if include_flat else {})}
        answer = await self.answer_rows(endpoint, **parameters)
        rows = answer.value if include_flat else answer.value.without_flat()
        positions = values_of(self, endpoint, answer, rows)
        return tuple(position for position in positions if symbol in {None, position.symbol})

    async def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        """
        Return the position of a symbol, also a flat one; in hedge mode that of a side.

        Raises:
            InvalidArgument: the symbol has several positions, or none of this side: name the one that it has.
            InvalidRequest: the venue lists no position of the symbol.
        """
        positions = await self.get_positions(symbol=symbol, include_flat=True)
        if not positions:
            raise unlisted_error(self, "the venue lists no position of this symbol", symbol)
        wanted = [position for position in positions if side in {None, position.side}]
        if len(wanted) != 1:
            sides = " or ".join(position.side for position in positions)
            raise self.refuse(f"name the side {sides}, not {side}", subject=symbol)
        return wanted[0]


def _of_symbol(endpoint: Endpoint[Any], symbol: str | None) -> dict[str, Any]:
    name = endpoint.name_of(Role.SYMBOL)
    return {} if symbol is None or name is None else {name: symbol}
