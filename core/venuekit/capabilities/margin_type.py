"""Margin type: whether a position is backed by its own margin or by the account's."""

from __future__ import annotations

import enum
from abc import abstractmethod

import attrs

from venuekit.capabilities._capability import Capability


class MarginType(enum.StrEnum):
    """How positions are backed; PORTFOLIO cannot be set through venuekit."""

    CROSS = "cross"
    ISOLATED = "isolated"
    PORTFOLIO = "portfolio"


class MarginTypeScope(enum.StrEnum):
    """The part of the account that one change touches."""

    SYMBOL = "symbol"
    ACCOUNT = "account"


@attrs.frozen
class MarginTypeBehaviour:
    """How margin types behave on a venue: ``scope`` of one change; ``touches`` names the other settings it changes."""

    scope: MarginTypeScope
    touches: str | None = None


@attrs.frozen
class MarginTypeSetting:
    """
    A margin type that holds.

    ``symbol`` is None when the setting is the whole account's. ``changed`` is True when the venue accepted a
    change, False when it answered our first attempt with "no need to", and None when nothing was written or when
    it holds now but an earlier attempt of ours had no answer.
    """

    symbol: str | None
    margin_type: MarginType
    changed: bool | None = None


class MarginTypeReader(Capability):
    """Read the margin type of a symbol or of the account."""

    __slots__ = ()

    @abstractmethod
    async def get_margin_type(self, symbol: str | None = None) -> MarginTypeSetting:
        """
        Return the margin type that holds.

        Where the scope is SYMBOL, ``symbol`` is required.

        Raises:
            InvalidArgument: the scope needs a symbol and none was given.
            InvalidRequest: the venue does not know the symbol.
        """


class MarginTypeControl(MarginTypeReader):
    """Set the margin type of a symbol or of the account."""

    __slots__ = ()

    @abstractmethod
    async def set_margin_type(
        self, symbol: str | None, margin_type: MarginType, *, account_wide: bool = False
    ) -> MarginTypeSetting:
        """
        Set the margin type and return the one that holds now.

        Where the scope is the symbol, ``symbol`` names it; where it is the account, ``symbol`` is None or ignored and
        ``account_wide=True`` is required. Setting the present value again succeeds with ``changed=False``.

        Raises:
            InvalidArgument: the arguments do not fit the scope, or the value is PORTFOLIO; nothing was sent.
            Rejected: open orders, an open position or another mode forbid it.
            OutcomeUnknown: the answer was lost and could not be found out.
            Conflict: another actor changed it at the same time.
        """
