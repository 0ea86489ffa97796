"""Settings: one write for leverage and margin type, a leverage for each margin type and side, and all at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from venuekit.capabilities import LeverageReader, LeverageSetting, MarginTypeReader, SettingsReader
from venuekit.parts.settings import JointLens, LeverageTier, RowSettings, SettingsDraft, SettingsSource
from venuekit.plugin import Call, Endpoint, Parameter, Role, payload_decoder
from venuekit_frozen_swap.rows import MARGINS, SettingsRow

SYMBOL = "[A-Z]{3,12}"

SETTINGS = Endpoint(
    "GET",
    "/v1/settings",
    decode=payload_decoder(tuple[SettingsRow, ...], within=("settings",)),
    parameters=(Parameter("contract", role=Role.SYMBOL, pattern=SYMBOL),),
    weight=2,
    pools={"requests": None},
    serves=(LeverageReader.get_leverage, MarginTypeReader.get_margin_type, SettingsReader.get_settings),
)


async def _find_row(call: Call, contract: str) -> SettingsRow:
    (row,) = await call(SETTINGS, contract=contract)
    return row


def state_of(row: SettingsRow) -> RowSettings:
    """Return the settings that a row shows."""
    by = {(one.margin, one.side): one.leverage for one in row.leverages}
    leverages = tuple(
        LeverageSetting(row.contract, by[word, "long"], by[word, "short"], margin_type=margin_type)
        for word, margin_type in MARGINS.items()
    )
    held = MARGINS.get(row.margin)
    return RowSettings(
        row.contract, held, position=abs(row.size), matters=True, margin_word=row.margin, leverages=leverages
    )


LENS = JointLens(
    find_row=_find_row,
    state=state_of,
    symbol="contract",
    margin_type="margin",
    side="side",
    per_margin_type=True,
)


class SwapSettings(SettingsSource):
    """Each read is the same one, which costs two tokens."""

    async def read_settings(self, draft: SettingsDraft, symbols: Collection[str]) -> None:
        """Add a row of every contract; one that is not listed is refused in the venue's own words."""
        rows = await draft.read(SETTINGS)
        for symbol in set(symbols) - {row.contract for row in rows}:
            await draft.read(SETTINGS, contract=symbol)
        draft.add(map(state_of, rows), symbols)
        draft.set(open_positions=sum(row.size != 0 for row in rows))

    async def count_orders(self, draft: SettingsDraft, symbols: Collection[str] | None) -> Counter[str]:
        """Return the number of open orders of every contract."""
        return Counter({row.contract: row.orders for row in await draft.read(SETTINGS)})

    async def read_tiers(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Sequence[LeverageTier]]:
        """Return one tier per contract: its leverage is the highest that the venue allows for the position."""
        rows = await draft.read(SETTINGS)
        return {
            row.contract: (LeverageTier(Decimal("Infinity"), row.highest),) for row in rows if row.contract in symbols
        }

    async def read_exposures(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Decimal | None]:
        """Return nothing: the tiers allow for the position already."""
        return {}
