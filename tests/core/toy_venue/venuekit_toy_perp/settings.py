"""Settings of all contracts at once, by one read that also counts orders and knows the highest leverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from venuekit.parts.settings.snapshot import LeverageTier, SettingsDraft, SettingsSource
from venuekit_toy_perp.endpoints import TOY, state_of


class ToySettings(SettingsSource):
    """Each read is the same one, of weight 2."""

    async def read_settings(self, draft: SettingsDraft, symbols: Collection[str]) -> None:
        """Add a row of every contract; one that is not listed is refused in the venue's own words."""
        rows = await draft.read(TOY.SETTINGS)
        for symbol in set(symbols) - {row.contract for row in rows}:
            await draft.read(TOY.SETTINGS, contract=symbol)
        draft.add(map(state_of, rows), symbols)
        draft.set(open_positions=sum(row.size != 0 for row in rows))

    async def count_orders(self, draft: SettingsDraft, symbols: Collection[str] | None) -> Counter[str]:
        """Return the number of open orders of every contract, which one read shows."""
        return Counter({row.contract: row.orders for row in await draft.read(TOY.SETTINGS)})

    async def read_tiers(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Sequence[LeverageTier]]:
        """Return one tier per contract: its leverage is the highest that the venue allows for the position."""
        rows = await draft.read(TOY.SETTINGS)
        return {
            row.contract: (LeverageTier(Decimal("Infinity"), row.highest),) for row in rows if row.contract in symbols
        }

    async def read_exposures(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Decimal | None]:
        """Return nothing: the tiers allow for the position already."""
        return {}
