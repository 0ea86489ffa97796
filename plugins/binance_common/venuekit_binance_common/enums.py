"""The venue's words for the enumerations of the capabilities."""

from __future__ import annotations

from collections.abc import Mapping

from venuekit.capabilities import AssetMode, MarginType, PositionMode, PositionSide

#: as requests spell them; answers also write ``cross`` and ``isolated``
MARGIN_TYPE_WORDS: Mapping[MarginType, str] = {MarginType.CROSS: "CROSSED", MarginType.ISOLATED: "ISOLATED"}


class _Sides(dict[str, PositionSide]):
    """An unknown word is kept as it was written."""

    def __missing__(self, word: str) -> PositionSide:
        return PositionSide(word)


POSITION_SIDES: Mapping[str, PositionSide] = _Sides({side.name: side for side in PositionSide})

_MARGIN_TYPES: Mapping[str, MarginType] = {
    "crossed": MarginType.CROSS,
    "cross": MarginType.CROSS,
    "isolated": MarginType.ISOLATED,
}


def margin_type_of(word: str | None) -> MarginType | None:
    """Return a margin type, None for a word that the venue does not document, and where there is none."""
    return _MARGIN_TYPES.get(word.lower()) if word else None


def position_mode_of(dual: bool) -> PositionMode:
    """Return the meaning of ``dualSidePosition``."""
    return PositionMode.HEDGE if dual else PositionMode.ONE_WAY


def asset_mode_of(multi: bool) -> AssetMode:
    """Return the meaning of ``multiAssetsMargin``."""
    return AssetMode.MULTI if multi else AssetMode.SINGLE
