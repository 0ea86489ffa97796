"""
The ledger of the embedded exchange: pure, synchronous and exact, without wire formats or venues.

A simulated venue builds one account from data and then only translates::

    ledger = Ledger(Rules(asset_mode=False), [contract], now=clock)
    ledger.deposit("USDT", Decimal(10_000))
    ledger.set_margin_type(MarginType.ISOLATED, "ACMEUSDT")
    ledger.fill("ACMEUSDT", Side.BUY, Decimal(2), Decimal(100))
    ledger.position("ACMEUSDT").liquidation_price

* **Data in.** A :class:`Contract` is one symbol with its brackets (see :func:`tiers`) and first mark; an
    :class:`Asset` states an asset's worth as collateral; :class:`Rules` states how this venue differs from others:
    rounding, the scope of a margin type, the arithmetic of isolated margin, the conditions that forbid a change.
    Venues that share one account put their contracts into one ledger, distinguished by ``Contract.venue``; where
    their wallets are separate, ``Contract.purse`` names the wallet, and so do ``deposit``, ``balance`` and ``totals``.
  * **Commands** change the account, or raise :class:`Refused` and change nothing. A :class:`LedgerRefusal` is a
    :class:`Reason` with details; the simulated venue owns the venue's code and words for it. ``deposit``, ``fill``,
    ``adjust_margin``, ``rest_order``, ``set_mark`` also build scenarios.
* **Reads** return frozen values with every derived figure (:class:`PositionFigures`, :class:`BalanceFigures`,
  :class:`Totals`); money is rounded by the rules, prices are not rounded to a tick. Sizes are signed
  contracts (long > 0), amounts are effects on the account (paid < 0), None means that the value does not exist.
* **Orders** are placed by an :class:`LedgerOrderRequest` and trade against the mark; ``set_mark`` is the market: it
  triggers, fills and liquidates. ``set_depth`` and ``fill_order`` script partial fills. Every trade belongs to an
  :class:`LedgerOrder`, and orders, :class:`Execution` and :class:`LedgerIncome` rows are linked by their ids.
* **Every movement of a wallet** writes one :class:`LedgerIncome` row with exactly the amount moved. Margin added or
  removed by hand moves no wallet, so it has a :class:`LedgerMarginChange` and no row.
* **Every change** is also an :class:`Event` that carries the state after it.
* **Records can be delayed** by a scenario (``lag``, ``hide_order``); their effects are immediate.
* **The fence** (:class:`RequestWindow`) refuses requests stamped too early or too late. It is no part of the account:
  a simulated venue checks it on arrival and once more right before the command, with the venue's own clock.

Left out: an order book, prices of its own, partial liquidation, the ranking of deleveraging.
"""

from __future__ import annotations

from venuekit.simulator.ledger.balance import BalanceFigures, Totals
from venuekit.simulator.ledger.base import Feed, LedgerListener
from venuekit.simulator.ledger.contract import AssetKey, Contract, LedgerTier, tiers
from venuekit.simulator.ledger.events import (
    AccountEvent,
    Event,
    EventReason,
    LegState,
    OrderChange,
    OrderEvent,
    SettingEvent,
    WalletState,
)
from venuekit.simulator.ledger.ledger import Ledger
from venuekit.simulator.ledger.money import Rounding
from venuekit.simulator.ledger.order_values import Book, LedgerOrder, LedgerOrderRequest, Side, TradeKind
from venuekit.simulator.ledger.path import PricePoint
from venuekit.simulator.ledger.positions import PositionFigures
from venuekit.simulator.ledger.records import (
    Execution,
    FundingRate,
    LedgerAmendment,
    LedgerClosedPnl,
    LedgerConversion,
    LedgerIncome,
    LedgerMarginChange,
    LedgerWithdrawal,
    Record,
)
from venuekit.simulator.ledger.refusal import LedgerRefusal, Reason, Refused
from venuekit.simulator.ledger.rules import (
    BreakEven,
    ClientIdRule,
    FundingFrom,
    IsolatedMargin,
    Liquidation,
    Pool,
    RequestWindow,
    Rules,
    Triggered,
    check_window,
)
from venuekit.simulator.ledger.state import Asset, LedgerState

__all__ = [
    "AccountEvent",
    "Asset",
    "AssetKey",
    "BalanceFigures",
    "Book",
    "BreakEven",
    "ClientIdRule",
    "Contract",
    "Event",
    "EventReason",
    "Execution",
    "Feed",
    "FundingFrom",
    "FundingRate",
    "IsolatedMargin",
    "Ledger",
    "LedgerAmendment",
    "LedgerClosedPnl",
    "LedgerConversion",
    "LedgerIncome",
    "LedgerListener",
    "LedgerMarginChange",
    "LedgerOrder",
    "LedgerOrderRequest",
    "LedgerRefusal",
    "LedgerState",
    "LedgerTier",
    "LedgerWithdrawal",
    "LegState",
    "Liquidation",
    "OrderChange",
    "OrderEvent",
    "Pool",
    "PositionFigures",
    "PricePoint",
    "Reason",
    "Record",
    "Refused",
    "RequestWindow",
    "Rounding",
    "Rules",
    "SettingEvent",
    "Side",
    "Totals",
    "TradeKind",
    "Triggered",
    "WalletState",
    "check_window",
    "tiers",
]
