"""The account: a list of its parts."""

from __future__ import annotations

from venuekit.parts.settings.controls import SymbolLeverage, SymbolMarginType
from venuekit.parts.settings.snapshot import AccountSettings
from venuekit.parts.user_streams import StreamedEvents
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.income import ToyIncome
from venuekit_toy_perp.reading import ToyBalances, ToyInstruments, ToyPositions
from venuekit_toy_perp.settings import ToySettings


class ToyPerpAccount(
    ToyInstruments,
    ToyBalances,
    ToyPositions,
    SymbolLeverage,
    SymbolMarginType,
    AccountSettings,
    ToyIncome,
    StreamedEvents,
):
    """An account of Toy Perpetuals."""

    __slots__ = ()

    endpoints = TOY
    settings_source = ToySettings()
