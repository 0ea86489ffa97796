"""All settings of an account at once; open orders and brackets only when they are asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

import attrs

from venuekit.account import Account
from venuekit.capabilities import SettingsReader, SettingsSnapshot
from venuekit.parts.settings.draft import SettingsDraft


@attrs.frozen
class LeverageTier:
    """The highest leverage of a position up to ``cap``, which is counted as exposures are."""

    cap: Decimal
    leverage: Decimal


class SettingsSource(ABC):
    """The four reads of a venue: modes and positions, open orders, tiers, and exposures."""

    #: the open orders of more symbols than this are read cheaper all at once; None where they never are
    most_order_reads: ClassVar[int | None] = None
    #: whether exposures that come with positions serve later calls, too, which then do not read them anew
    keeps_exposures: ClassVar[bool] = False

    @abstractmethod
    async def read_settings(self, draft: SettingsDraft, symbols: Collection[str]) -> None:
        """
        Set the modes and the number of open positions, and add a row of these symbols and of all others that matter.

        Raises:
            InvalidRequest: the venue does not know one of ``symbols``.
        """

    @abstractmethod
    async def count_orders(self, draft: SettingsDraft, symbols: Collection[str] | None) -> Counter[str]:
        """Return the number of open orders by symbol, plain and conditional; of the account where it is None."""

    @abstractmethod
    async def read_tiers(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Sequence[LeverageTier]]:
        """Return the tiers of symbols; one that the venue does not list is left out."""

    @abstractmethod
    async def read_exposures(self, draft: SettingsDraft, symbols: Collection[str]) -> Mapping[str, Decimal | None]:
        """Return how large positions of symbols can grow, as in ``SettingsDraft``; a flat one may be left out."""


class AccountSettings(Account, SettingsReader):
    """All settings of an account at once."""

    __slots__ = ()

    settings_source: ClassVar[SettingsSource]

    async def get_settings(
        self,
        symbols: Collection[str],
        *,
        orders: Collection[str] | bool = False,
        brackets: Collection[str] | bool = False,
        known: SettingsSnapshot | None = None,
    ) -> SettingsSnapshot:
        """Return modes, and per symbol margin type, leverage and position."""
        source = self.settings_source
        draft = SettingsDraft.over(self, known or SettingsSnapshot())
        if known is None:
            await source.read_settings(draft, symbols)
        kept = dict(draft.exposures) if source.keeps_exposures else {}
        if orders:
            await _add_orders(source, draft, None if isinstance(orders, bool) else tuple(dict.fromkeys(orders)))
        if brackets:
            wanted = symbols if isinstance(brackets, bool) else brackets
            await _add_brackets(source, draft, tuple(dict.fromkeys(wanted)))
        return draft.finish(kept)


async def _add_orders(source: SettingsSource, draft: SettingsDraft, symbols: Collection[str] | None) -> None:
    if symbols is not None and source.most_order_reads is not None and len(symbols) > source.most_order_reads:
        symbols = None
    counts = await source.count_orders(draft, symbols)
    counted: Iterable[str] = symbols if symbols is not None else [*draft.rows, *(counts.keys() - draft.rows.keys())]
    for symbol in counted:
        draft.lay(symbol, open_orders=counts[symbol])
    if symbols is None:
        draft.set(open_orders=counts.total())


async def _add_brackets(source: SettingsSource, draft: SettingsDraft, symbols: Collection[str]) -> None:
    unread = [symbol for symbol in symbols if symbol not in draft.exposures]
    if unread:
        draft.exposures.update(await source.read_exposures(draft, unread))
    for symbol, tiers in (await source.read_tiers(draft, symbols)).items():
        draft.lay(symbol, max_leverage=_highest_leverage(tiers, draft.exposures.get(symbol, Decimal(0))))


def _highest_leverage(tiers: Iterable[LeverageTier], exposure: Decimal | None) -> Decimal | None:
    """Return the highest leverage that a tier allows; None without an exposure, and beyond all caps."""
    if exposure is None:
        return None
    return max((tier.leverage for tier in tiers if exposure <= tier.cap), default=None)
