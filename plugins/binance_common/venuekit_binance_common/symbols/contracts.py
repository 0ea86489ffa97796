"""The facts about one contract: size, pair and margin asset, from the instruments, which are read once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar

from venuekit.plugin import Account, Endpoint
from venuekit_binance_common.payloads import InstrumentRow


def contracts_endpoint(
    exchange_info: Endpoint[tuple[InstrumentRow, ...]],
) -> Endpoint[Mapping[str, InstrumentRow]]:
    """Return the same read, made into a mapping by symbol: remembered rows are looked up and not searched."""

    def decode_by_symbol(body: bytes) -> Mapping[str, InstrumentRow]:
        return {row.symbol: row for row in exchange_info.decode(body)}

    return Endpoint(
        exchange_info.verb,
        exchange_info.path,
        decode=decode_by_symbol,
        security=exchange_info.security,
        weight=exchange_info.weight,
        pools=exchange_info.pools,
        rows=exchange_info.rows,
        serves=exchange_info.serves,
    )


class BinanceContracts(Account):
    """Instruments are remembered per venue and environment, and read again when an unknown symbol is held."""

    __slots__ = ()

    CONTRACTS: ClassVar[Endpoint[Mapping[str, InstrumentRow]]]

    async def _contract(self, symbol: str) -> InstrumentRow | None:
        """Return the contract that a caller names, None when the venue lists none of this name."""
        found = (await self.read_once(self.CONTRACTS)).get(symbol)
        if found is None:  # it may have been listed since
            found = (await self.refresh(self.CONTRACTS, symbol)).get(symbol)
        return found

    async def _contracts_of(self, symbols: Collection[str]) -> Mapping[str, InstrumentRow]:
        """Return the contracts by symbol, read again when one that the venue itself named is not among them."""
        if not symbols:
            return {}
        contracts = await self.read_once(self.CONTRACTS)
        unlisted = frozenset(set(symbols) - contracts.keys())
        return await self.refresh(self.CONTRACTS, unlisted) if unlisted else contracts
