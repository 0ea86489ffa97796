"""What one contract is: its size, pair and margin asset, from the instruments, which are read once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar

from venuekit.account import Account
from venuekit.endpoint import Endpoint
from venuekit.errors import Outcome, PayloadMismatch
from venuekit_binance_common.payloads import InstrumentRow

__all__ = ["BinanceContracts", "contracts_endpoint"]


def contracts_endpoint(
    exchange_info: Endpoint[tuple[InstrumentRow, ...]],
) -> Endpoint[Mapping[str, InstrumentRow]]:
    """Return the same read, made into a mapping by symbol: what is remembered is looked up and not searched."""

    def decode_by_symbol(body: bytes) -> Mapping[str, InstrumentRow]:
        return {row.symbol: row for row in exchange_info.decode(body)}

    return Endpoint(
        exchange_info.verb,
        exchange_info.path,
        decode=decode_by_symbol,
        security=exchange_info.security,
        weight=exchange_info.weight,
        pools=exchange_info.pools,
        serves=exchange_info.serves,
    )


class BinanceContracts(Account):
    """Instruments are remembered per venue and environment, and read again when an unknown symbol is held."""

    __slots__ = ()

    CONTRACTS: ClassVar[Endpoint[Mapping[str, InstrumentRow]]]

    async def _contract(self, symbol: str) -> InstrumentRow | None:
        """Return the contract that a caller names, None when the venue lists none of this name."""
        found = (await self.cached(self.CONTRACTS)).get(symbol)
        if found is None:  # it may have been listed since
            found = (await self.call(self.CONTRACTS)).get(symbol)
        return found

    async def _contracts_of(self, symbols: Collection[str]) -> Mapping[str, InstrumentRow]:
        """
        Return the contracts of symbols that the venue itself named, others among them.

        Raises:
            PayloadMismatch: the venue does not list one of them.
        """
        if not symbols:
            return {}
        contracts = await self.cached(self.CONTRACTS)
        if not contracts.keys() >= set(symbols):
            contracts = await self.call(self.CONTRACTS)
        for symbol in symbols:
            if symbol not in contracts:
                raise PayloadMismatch(
                    f"{self.CONTRACTS.path} does not list {symbol}",
                    venue=self.venue.id,
                    operation=str(self.CONTRACTS),
                    subject=symbol,
                    outcome=Outcome.NOT_APPLIED,
                )
        return contracts
