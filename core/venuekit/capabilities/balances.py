"""Balances: the account's holdings of each asset."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from venuekit._util.quick_init import quick_init
from venuekit.capabilities._capability import Capability


@quick_init
@attrs.frozen
class Balance:
    """
    One asset of an account, in units of that asset; None means that the venue did not say.

    ``wallet`` is cash including isolated margin and without unrealised profit; ``equity`` is wallet plus
    unrealised profit. ``available`` is the amount new orders may use: where several assets back each other it is the
    account's figure expressed in this asset, so never add it over assets. ``usd_value`` includes unrealised profit.
    """

    asset: str
    wallet: Decimal | None = None
    cross_wallet: Decimal | None = None
    cross_unrealized_pnl: Decimal | None = None
    unrealized_pnl: Decimal | None = None
    equity: Decimal | None = None
    available: Decimal | None = None
    withdrawable: Decimal | None = None
    position_initial_margin: Decimal | None = None
    open_order_initial_margin: Decimal | None = None
    initial_margin: Decimal | None = None
    maintenance_margin: Decimal | None = None
    borrowed: Decimal | None = None
    accrued_interest: Decimal | None = None
    locked: Decimal | None = None
    bonus: Decimal | None = None
    is_collateral: bool | None = None
    usd_value: Decimal | None = None
    account_alias: str | None = None
    updated_at: datetime | None = None
    as_of: datetime | None = None
    received_at: datetime | None = None
    raw: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)


class BalanceReader(Capability):
    """Read balances."""

    __slots__ = ()

    @abstractmethod
    async def get_balances(self, *, asset: str | None = None) -> tuple[Balance, ...]:
        """
        Return one balance per asset, or those of ``asset`` alone.

        An asset the venue does not list gives an empty tuple.
        """
