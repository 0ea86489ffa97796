"""The venue's answers, by its own names."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import attrs


@attrs.frozen
class ContractRow:
    """A row of ``GET /v1/contracts``."""

    contract: str
    base: str
    quote: str
    size: Decimal
    tick: Decimal
    step: Decimal
    smallest: Decimal
    maxLeverage: Decimal  # noqa: N815  - the venue's name


@attrs.frozen
class WalletRow:
    """A row of ``GET /v1/wallet``."""

    asset: str
    wallet: Decimal
    equity: Decimal
    free: Decimal
    updated: datetime | None = None


@attrs.frozen
class PositionRow:
    """A row of ``GET /v1/positions``; ``collateral`` is null in cross."""

    contract: str
    size: Decimal
    entry: Decimal | None
    mark: Decimal
    pnl: Decimal
    leverage: Decimal
    margin: str
    collateral: Decimal | None
    liquidation: Decimal | None
    updated: datetime | None = None


@attrs.frozen
class SettingsRow:
    """A row of ``GET /v1/settings``."""

    contract: str
    leverage: Decimal
    margin: str
    size: Decimal
    orders: int
    highest: Decimal


@attrs.frozen
class LeverageRow:
    """The answer to ``PUT /v1/leverage``; ``largest`` is the largest position then allowed, in quote."""

    contract: str
    leverage: Decimal
    largest: Decimal | None = None


@attrs.frozen
class MarginRow:
    """The answer to ``PUT /v1/margin``."""

    contract: str
    margin: str


@attrs.frozen
class CollateralRow:
    """The answer to ``POST /v1/collateral``, and a row of its history."""

    id: str
    contract: str
    amount: Decimal
    at: datetime


@attrs.frozen
class IncomeRow:
    """A row of ``GET /v1/income``: ``amount`` is received > 0 and paid < 0, ``contract`` null where there is none."""

    id: str
    at: datetime
    asset: str
    amount: Decimal
    why: str
    contract: str | None = None
