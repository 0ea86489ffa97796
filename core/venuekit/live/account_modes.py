"""Account modes: position mode, asset mode and leverages as far as events and reads show them, the newer one counts."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
from typing import Generic, TypeVar

import attrs

from venuekit.capabilities import AssetMode, PositionMode, SettingsUpdate
from venuekit.live.provenance import Provenance, ValueSource
from venuekit.live.recency import UNKNOWN_TIME, ChangeTime, ReadWindow, Recency, compare

M = TypeVar("M", PositionMode, AssetMode)


@attrs.define(eq=False)
class KnownMode(Generic[M]):
    """
    One mode: ``known`` is it with its source, None as long as nothing has shown it.

    ``is_doubted`` says that an event and a read differ, and that the venue's times do not order them:
    the one that came first is kept until a later read decides.
    """

    known: tuple[M, Provenance] | None = None
    stamp: ChangeTime = UNKNOWN_TIME
    is_doubted: bool = False

    def take(self, mode: M, learnt: Provenance, stamp: ChangeTime) -> None:
        """Take a mode as an event or read shows it."""
        recency = Recency.NEWER if self.known is None else compare(stamp, self.stamp)
        if recency is Recency.OLDER:
            return
        if recency is Recency.UNDECIDED and self.known is not None and self.known[0] != mode:
            self.is_doubted = True
            return
        self.known, self.stamp, self.is_doubted = (mode, learnt), stamp, False


class AccountModes:
    """The modes of one account, and when the leverage of each symbol was changed by an event."""

    def __init__(self) -> None:
        self.position: KnownMode[PositionMode] = KnownMode()
        self.asset: KnownMode[AssetMode] = KnownMode()
        self._leverages: dict[str, ChangeTime] = {}

    @property
    def has_doubts(self) -> bool:
        """Whether a mode is in doubt."""
        return self.position.is_doubted or self.asset.is_doubted

    @property
    def doubted(self) -> dict[Hashable, None]:
        """The names of the modes that are in doubt."""
        doubts = {"position mode": self.position.is_doubted, "asset mode": self.asset.is_doubted}
        return {name: None for name, is_doubted in doubts.items() if is_doubted}

    def take_event(self, event: SettingsUpdate, learnt: Provenance) -> None:
        """Take the modes that an event gives."""
        stamp = _stamp_of(event)
        if event.position_mode is not None:
            self.position.take(event.position_mode, learnt, stamp)
        if event.asset_mode is not None:
            self.asset.take(event.asset_mode, learnt, stamp)

    def take_read(self, position: PositionMode | None, asset: AssetMode | None, window: ReadWindow) -> None:
        """Take the modes that a read gives; None where the account has no such mode."""
        learnt = Provenance(ValueSource.READ, None, window.sent_at)
        if position is not None:
            self.position.take(position, learnt, window.stamp)
        if asset is not None:
            self.asset.take(asset, learnt, window.stamp)

    def is_newest_leverage(self, event: SettingsUpdate, read: ChangeTime) -> bool:
        """Say whether the leverage of an event is newer than the last one, and than the last read of positions."""
        stamp, symbol = _stamp_of(event), event.symbol or ""
        before = self._leverages.get(symbol, UNKNOWN_TIME)
        if Recency.OLDER in {compare(stamp, before), compare(stamp, read)}:
            return False
        self._leverages[symbol] = stamp
        return True


def _stamp_of(event: SettingsUpdate) -> ChangeTime:
    time: datetime | None = event.time
    return ChangeTime(time, time, event.sequence)
