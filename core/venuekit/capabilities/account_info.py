"""The account as a whole: its kind, mode, margins and restrictions, its balances, and its API key's permissions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from venuekit._util.quick_init import quick_init
from venuekit._util.short_repr import short_repr
from venuekit.capabilities._capability import Capability
from venuekit.capabilities.enums import OpenEnum
from venuekit.capabilities.modes import AssetMode, MarginType, PositionMode
from venuekit.capabilities.positions import Position


@quick_init
@attrs.frozen
class Balance:
    """
    One asset of an account, in units of that asset; None means that the venue did not say.

    ``wallet`` is cash including isolated margin and without unrealised profit; ``equity`` is wallet plus
    unrealised profit. ``available`` is the amount new orders may use: where several assets back each other it is the
    account's figure expressed in this asset, so never add it over assets. ``withdrawable`` is the amount that may
    leave the account, for another wallet of its owner too. ``usd_value`` includes unrealised profit.
    ``sub_account`` names the part of the account that holds it (a sub-account, wallet or dex below the key); None where
    the account has one.
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
    sub_account: str | None = None
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


class AccountKind(OpenEnum):
    """The kind of account the venue keeps; open, each venue has its own words."""

    STANDARD = "standard"


@attrs.frozen
class Collateral:
    """Whether an asset may back positions (``allowed``) and does (``switched_on``), and how much of it counts."""

    asset: str
    allowed: bool | None = None
    switched_on: bool | None = None
    ratio: Decimal | None = None


@short_repr
@attrs.frozen
class AccountInfo:
    """
    One account; None means that the venue did not say.

    Totals are counted in ``valuation_asset``; where that is None there are no totals. ``margin_ratio`` is
    maintenance margin to margin balance, 1 is liquidation. ``can_*`` is the state of the account, not the
    permission of the key. ``margin_type`` is set only where it is the account's.
    """

    valuation_asset: str | None = None
    total_wallet: Decimal | None = None
    total_equity: Decimal | None = None
    total_unrealized_pnl: Decimal | None = None
    total_initial_margin: Decimal | None = None
    total_maintenance_margin: Decimal | None = None
    total_available: Decimal | None = None
    total_withdrawable: Decimal | None = None
    margin_ratio: Decimal | None = None
    position_mode: PositionMode | None = None
    asset_mode: AssetMode | None = None
    margin_type: MarginType | None = None
    kind: AccountKind | None = None
    is_copy_leader: bool | None = None
    can_trade: bool | None = None
    can_deposit: bool | None = None
    can_withdraw: bool | None = None
    fee_tier: int | None = None
    collateral: tuple[Collateral, ...] | None = None
    balances: tuple[Balance, ...] = ()
    positions: tuple[Position, ...] = ()
    updated_at: datetime | None = None
    as_of: datetime | None = None
    received_at: datetime | None = None
    raw: Mapping[str, Any] | None = attrs.field(default=None, repr=False, eq=False)


class AccountReader(Capability):
    """Read the account as a whole."""

    __slots__ = ()

    @abstractmethod
    async def get_account(self, *, include_flat: bool = False) -> AccountInfo:
        """Return totals, modes, balances and open positions; with ``include_flat=True`` every row the venue lists."""


@attrs.frozen
class ApiKey:
    """
    The permissions of a key; the key itself is not in here.

    ``permissions`` are the venue's own words as ``group.permission``; ``ips`` is empty when it works from anywhere.
    ``expires_at`` is None when it does not expire. ``may_withdraw`` is the one to look at first.
    """

    permissions: frozenset[str]
    read_only: bool
    ips: tuple[str, ...]
    expires_at: datetime | None
    is_master: bool | None
    may_withdraw: bool


class ApiKeyReader(Capability):
    """Read the key's permissions."""

    __slots__ = ()

    @abstractmethod
    async def get_api_key(self) -> ApiKey:
        """Return the key's permissions; one that may withdraw also raises a ``UserWarning``."""


@attrs.frozen
class Identity:
    """
    The name of an account at its venue, which stays the same as long as the account exists.

    ``account`` is its uid or address; each sub-account has one of its own. ``parent`` is that of the master account it
    belongs to, None where it belongs to none or the venue does not say.

    Raises:
        ValueError: a name is empty, and would be that of every account.
    """

    account: str
    parent: str | None = None

    def __attrs_post_init__(self) -> None:
        if not self.account or self.parent == "":
            raise ValueError("an identity without a name")


class IdentityReader(Capability):
    """Read the account's name at the venue; done when the account is opened, before its first write."""

    __slots__ = ()

    @abstractmethod
    async def get_identity(self) -> Identity:
        """Return the name by which the keys of one account are known to belong together."""
