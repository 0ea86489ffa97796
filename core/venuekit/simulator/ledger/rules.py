"""Rules: differences between the ledgers of venues, as data, and the window of late requests."""

from __future__ import annotations

import enum
from decimal import Decimal

import attrs

from venuekit.capabilities import AccountMode, MarginTypeScope, Setting
from venuekit.simulator.ledger.contract import AssetKey
from venuekit.simulator.ledger.money import ZERO, Rounding, round_to
from venuekit.simulator.ledger.refusal import Reason, Refused


class IsolatedMargin(enum.StrEnum):
    """The arithmetic of isolated margin."""

    MARK = "mark"  #: opening moves value / leverage; the figure shown is the value at mark / leverage
    ENTRY = "entry"  #: value at entry / leverage plus margin added by hand; a new leverage moves it, the mark does not


class Pool(enum.StrEnum):
    """The condition under which all collateral assets back all positions together, valued in USD."""

    NEVER = "never"
    IN_MULTI_ASSETS = "in_multi_assets"
    IN_CROSS = "in_cross"  #: while the account-wide margin type is cross


class Liquidation(enum.StrEnum):
    """The method for the liquidation price."""

    WALLET = "wallet"  #: from the isolated wallet, or from the cross wallet and the other positions
    ENTRY = "entry"  #: isolated: from the margin at entry and added margin; cross: none is given


class BreakEven(enum.StrEnum):
    """The method for the break-even price."""

    NONE = "none"
    LINEAR = "linear"  #: entry moved by one taker fee; none for inverse contracts


class ClientIdRule(enum.StrEnum):
    """The orders among which a client id is unique."""

    UNIQUE_WHILE_OPEN = "unique_while_open"  #: a reuse after a fill is another order
    UNIQUE_EVER = "unique_ever"


class Triggered(enum.StrEnum):
    """The effect of a trigger on a conditional order."""

    NEW_ORDER = "new_order"  #: it ends, and names the plain order that replaces it
    SAME_ORDER = "same_order"  #: it continues in the plain book under its own id


class FundingFrom(enum.StrEnum):
    """The source of an isolated position's funding payments."""

    POSITION = "position"  #: its isolated wallet, which also receives
    BALANCE_FIRST = "balance_first"  #: the free balance, which also receives; then the isolated wallet


_MODES = frozenset({Setting.MARGIN_TYPE, Setting.POSITION_MODE, Setting.ASSET_MODE})


@attrs.frozen
class Rules:
    """
    The behaviour of a ledger.

    ``no_change_refused``: settings of which a repetition is refused. ``orders_forbid`` and ``position_forbids``:
    settings that cannot change while orders rest or a position is open (of the symbol if the setting is the symbol's,
    of the account otherwise); the position mode never can. ``closing_fee_in_margin``: initial and maintenance margin
    include the estimated fee of closing. ``tier_counts_orders``: the reported tier of a position counts its resting
    orders too. ``valuation_asset``: the asset whose balance is reported as the account's totals while assets are not
    pooled. ``asynchronous``: an order is accepted first and decided later. ``amend_conditional``: an untriggered order
    can be amended. ``countdown_spares_conditional``: a countdown cancels plain orders only. ``liquidates``: positions
    whose margin ratio reaches 1 when a price moves are closed. ``max_open_orders``, ``max_conditional_orders``: the
    maximum of waiting orders in either book, of all symbols or, with ``max_orders_per_symbol``, of each; with
    ``max_open_orders_per_symbol`` the maximum of plain ones alone is that of each.
    ``account_mode``: the mode that accounts begin with. ``fee_asset``: the purse and asset in which an account can
    choose to pay the commissions of its contracts of that purse, with ``fee_discount``, a fraction, off; None if no
    venue of the account has such a choice.
    """

    account_mode: AccountMode = AccountMode.CLASSIC
    rounding: Rounding = Rounding.TOWARD_ZERO
    money_decimals: int = 8
    margin_type_scope: MarginTypeScope = MarginTypeScope.SYMBOL
    isolated_margin: IsolatedMargin = IsolatedMargin.MARK
    closing_fee_in_margin: bool = False
    tier_counts_orders: bool = False
    hedge_mode: bool = True
    asset_mode: bool = True
    pool: Pool = Pool.IN_MULTI_ASSETS
    valuation_asset: str | None = None
    no_change_refused: frozenset[Setting] = _MODES
    orders_forbid: frozenset[Setting] = frozenset({Setting.MARGIN_TYPE, Setting.POSITION_MODE})
    position_forbids: frozenset[Setting] = frozenset({Setting.MARGIN_TYPE, Setting.POSITION_MODE})
    refuse_lower_leverage_isolated: bool = True
    liquidation: Liquidation = Liquidation.WALLET
    break_even: BreakEven = BreakEven.LINEAR
    asynchronous: bool = False
    client_ids: ClientIdRule = ClientIdRule.UNIQUE_WHILE_OPEN
    triggered: Triggered = Triggered.NEW_ORDER
    amend_conditional: bool = False
    countdown_spares_conditional: bool = True
    funding_from: FundingFrom = FundingFrom.POSITION
    liquidates: bool = True
    max_open_orders: int | None = None
    max_conditional_orders: int | None = None
    max_orders_per_symbol: bool = False
    fee_asset: AssetKey | None = None
    fee_discount: Decimal = ZERO
    max_open_orders_per_symbol: bool = False

    def money(self, amount: Decimal) -> Decimal:
        """Return an amount rounded as the venue keeps it."""
        return round_to(amount, self.money_decimals, self.rounding)


def check_window(now_ms: int, timestamp_ms: int, recv_window_ms: int, ahead_ms: int = 1000) -> None:
    """
    Accept a request stamped before ``now + ahead`` and not longer than its window ago; milliseconds throughout.

    Check once when it arrives and once more just before it is applied: then no request stamped earlier than the window
    can still be applied.

    Raises:
        Refused: OUTSIDE_WINDOW; ``ahead`` is True for a stamp too far ahead, False for one too old.
    """
    ahead = timestamp_ms >= now_ms + ahead_ms
    if ahead or now_ms - timestamp_ms > recv_window_ms:
        raise Refused(
            Reason.OUTSIDE_WINDOW, ahead=ahead, now=now_ms, timestamp=timestamp_ms, recv_window=recv_window_ms
        )


@attrs.frozen
class RequestWindow:
    """A venue's fence: the largest lead of a stamp, the window of requests without one, and the widest allowed."""

    ahead_ms: int = 1000
    default_ms: int = 5000
    maximum_ms: int = 60_000

    def check(self, now_ms: int, timestamp_ms: int, recv_window_ms: int | None = None) -> None:
        """
        Accept or refuse a request.

        Raises:
            Refused: INVALID_WINDOW if its window is above the maximum or not positive; OUTSIDE_WINDOW as in
                :func:`check_window`.
        """
        window = self.default_ms if recv_window_ms is None else recv_window_ms
        if not 0 < window <= self.maximum_ms:
            raise Refused(Reason.INVALID_WINDOW, recv_window=window, maximum=self.maximum_ms)
        check_window(now_ms, timestamp_ms, window, self.ahead_ms)
