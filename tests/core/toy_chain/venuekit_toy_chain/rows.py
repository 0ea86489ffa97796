"""The venue's answers, by its own names."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import attrs


@attrs.frozen
class MarketRow:
    """A market that is listed."""

    market: str
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    maxLeverage: Decimal  # noqa: N815  - the venue's name


@attrs.frozen
class MoneyRow:
    """The money of one sub-account, in one asset."""

    asset: str
    total: Decimal
    free: Decimal
    account: str


@attrs.frozen
class PositionRow:
    """A position; ``id`` is its own, and a new one has another."""

    id: str
    account: str
    market: str
    size: Decimal
    entry: Decimal | None
    mark: Decimal
    leverage: Decimal
    margin: str


@attrs.frozen
class SettingsRow:
    """The settings of a market, flat or not."""

    market: str
    leverage: Decimal
    size: Decimal
    orders: int
    highest: Decimal


@attrs.frozen
class LeverageRow:
    """The answer to a change of leverage."""

    market: str
    leverage: Decimal


@attrs.frozen
class WalletRow:
    """The account that a wallet belongs to, and the kind of it; ``master`` is None for a master account."""

    account: str
    kind: str
    master: str | None = None


@attrs.frozen
class OrderRow:
    """An order."""

    oid: str
    cloid: str | None
    market: str
    side: str
    type: str
    state: str
    size: Decimal
    done: Decimal
    margin: str
    at: datetime
    price: Decimal | None = None
