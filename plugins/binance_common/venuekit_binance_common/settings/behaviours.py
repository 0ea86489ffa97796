"""The behaviour of settings on both products, and the venue's reasons to refuse a change."""

from __future__ import annotations

from decimal import Decimal

from venuekit.capabilities import (
    LeverageBehaviour,
    LeverageScope,
    MarginTypeBehaviour,
    MarginTypeScope,
    PositionModeBehaviour,
    PositionModeScope,
    Setting,
)
from venuekit.plugin import BlockedBy, Blocker, BlockerScope

#: brackets, region and account may allow less
LEVERAGE_MOST = Decimal(125)

_ORDERS = "cannot be changed if there exists open orders."
_POSITION = "cannot be changed if there exists position."


def setting_behaviours(*mode_shared_with: str, leverage_most: Decimal | None = LEVERAGE_MOST) -> tuple[object, ...]:
    """
    Return how leverage, margin type and position mode behave; the mode is also that of other venues.

    ``leverage_most`` is None where brackets alone limit the leverage.
    """
    return (
        LeverageBehaviour(
            scope=frozenset({LeverageScope.SYMBOL}), minimum=Decimal(1), maximum=leverage_most, step=Decimal(1)
        ),
        MarginTypeBehaviour(scope=MarginTypeScope.SYMBOL),
        PositionModeBehaviour(scope=PositionModeScope.ACCOUNT, shared_with=mode_shared_with),
    )


def blockers(*, lower_leverage: int) -> tuple[Blocker, ...]:
    """Return the refusals of both products; the code for lowering a leverage while isolated differs."""
    words = f"{lower_leverage} Leverage reduction is not supported in Isolated Margin Mode with open positions."
    orders, position, symbol, realm = BlockedBy.ORDERS, BlockedBy.POSITION, BlockerScope.SYMBOL, BlockerScope.REALM
    return (
        Blocker(Setting.MARGIN_TYPE, orders, symbol, f"-4047 Margin type {_ORDERS}"),
        Blocker(Setting.MARGIN_TYPE, position, symbol, f"-4048 Margin type {_POSITION}"),
        Blocker(Setting.POSITION_MODE, orders, realm, f"-4067 Position side {_ORDERS}"),
        Blocker(Setting.POSITION_MODE, position, realm, f"-4068 Position side {_POSITION}"),
        Blocker(Setting.LEVERAGE, BlockedBy.LOWER_LEVERAGE, symbol, words),
    )
