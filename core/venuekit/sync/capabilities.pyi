"""The types of blocking capabilities, written by ``python -m tests.contract.sync_stub``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from venuekit.capabilities import (
    AccountInfo,
    AccountModeSetting,
    AdlQuantile,
    Amendment,
    ApiKey,
    AssetMode,
    AssetModeSetting,
    Balance,
    Bracket,
    Candle,
    ClosedPnl,
    CloseReport,
    CommissionRate,
    Conversion,
    Fill,
    FundingRate,
    Identity,
    Income,
    IncomeKind,
    Instrument,
    InstrumentKind,
    LeverageSetting,
    ListenKey,
    MarginChange,
    MarginType,
    MarginTypeSetting,
    Order,
    OrderRequest,
    OrderSide,
    PartialStop,
    Position,
    PositionMode,
    PositionModeSetting,
    PositionSide,
    Price,
    RiskLimitSetting,
    SettingsSnapshot,
    TpSlMode,
    TpSlModeSetting,
    TradingStopSetting,
    Withdrawal,
    WithdrawalStatus,
    WorkingPrice,
)
from venuekit.errors import OperationError
from venuekit.sync.blocking import BlockingCapability, Pager

class AccountModeReader(BlockingCapability):
    """Read the account mode."""

    def get_account_mode(self) -> AccountModeSetting:
        """Return the mode that holds."""

class AccountReader(BlockingCapability):
    """Read the account as a whole."""

    def get_account(self, *, include_flat: bool = False) -> AccountInfo:
        """Return totals, modes, balances and open positions; with ``include_flat=True`` every row the venue lists."""

class AdlReader(BlockingCapability):
    """Read places in the auto-deleveraging queue."""

    def get_adl_quantiles(self, *, symbol: str | None = None) -> tuple[AdlQuantile, ...]:
        """Return one value per leg the venue lists, of ``symbol`` or of all."""

class ApiKeyReader(BlockingCapability):
    """Read the key's permissions."""

    def get_api_key(self) -> ApiKey:
        """Return the key's permissions; one that may withdraw also raises a ``UserWarning``."""

class AssetModeReader(BlockingCapability):
    """Read the asset mode."""

    def get_asset_mode(self) -> AssetModeSetting:
        """Return the mode that holds."""

class BalanceReader(BlockingCapability):
    """Read balances."""

    def get_balances(self, *, asset: str | None = None) -> tuple[Balance, ...]:
        """Return one balance per asset, or those of ``asset`` alone."""

class BracketReader(BlockingCapability):
    """Read brackets."""

    def get_brackets(self, *, symbol: str | None = None, pair: str | None = None) -> tuple[Bracket, ...]:
        """Return one flat tuple, ordered by symbol (or pair), then tier."""

class CandleReader(BlockingCapability):
    """Read candles."""

    def iter_candles(
        self,
        symbol: str,
        interval: timedelta,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Candle | None = None,
    ) -> Pager[Candle]:
        """Walk the candles of a symbol, oldest first, without a duplicate; only those that are over."""

class ClosedPnlReader(BlockingCapability):
    """Read the profit and loss of closed positions."""

    def iter_closed_pnl(
        self,
        *,
        symbol: str | None = None,
        kind: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: ClosedPnl | None = None,
    ) -> Pager[ClosedPnl]:
        """Page through closed positions, oldest first; ``kind`` is the venue's word for how one was closed."""

class CommissionReader(BlockingCapability):
    """Read commission rates."""

    def get_commission_rate(self, symbol: str) -> CommissionRate:
        """Return the rates of ``symbol``."""

class ConversionReader(BlockingCapability):
    """Read conversions between assets."""

    def iter_conversions(
        self,
        *,
        from_asset: str | None = None,
        to_asset: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Conversion | None = None,
    ) -> Pager[Conversion]:
        """Walk conversions, oldest first."""

class CountdownControl(BlockingCapability):
    """Have the venue cancel everything when we fall silent."""

    def set_countdown(self, symbol: str | None, seconds: float | None) -> None:
        """Cancel all plain orders of ``symbol`` in so many seconds unless this is called again; None disarms."""

class FillReader(BlockingCapability):
    """Read fills."""

    def iter_fills(
        self, symbol: str, *, start: datetime | None = None, end: datetime | None = None, after: Fill | None = None
    ) -> Pager[Fill]:
        """Walk the fills of a symbol, oldest first."""

class ForcedOrderReader(BlockingCapability):
    """Read orders that the venue itself placed: liquidation and auto-deleveraging."""

    def iter_forced_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Order | None = None,
    ) -> Pager[Order]:
        """Walk forced orders, oldest first; ``after`` continues behind an item seen before."""

class FundingRateReader(BlockingCapability):
    """Read past funding rates."""

    def iter_funding_rates(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: FundingRate | None = None,
    ) -> Pager[FundingRate]:
        """Walk the fundings of a symbol, oldest first, without a duplicate or a gap; none of one that expires."""

class IdentityReader(BlockingCapability):
    """Read the account's name at the venue; done when the account is opened, before its first write."""

    def get_identity(self) -> Identity:
        """Return the name by which the keys of one account are known to belong together."""

class IncomeReader(BlockingCapability):
    """Read the movements of the wallet."""

    def iter_income(
        self,
        *,
        symbol: str | None = None,
        asset: str | None = None,
        kind: IncomeKind | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Income | None = None,
    ) -> Pager[Income]:
        """Walk the movements, oldest first, without a duplicate or a gap."""

class InstrumentReader(BlockingCapability):
    """Read instruments."""

    def get_instruments(self, *, symbol: str | None = None) -> tuple[Instrument, ...]:
        """Return every instrument the venue lists, or the one of ``symbol``."""

    def find(
        self,
        *,
        key: str | None = None,
        base: str | None = None,
        quote: str | None = None,
        settle: str | None = None,
        kind: InstrumentKind | None = None,
    ) -> tuple[Instrument, ...]:
        """Return the listed instruments that fit everything that is given, in the venue's order; empty for none."""

class LeverageReader(BlockingCapability):
    """Read the leverage of a symbol, flat or not."""

    def get_leverage(self, symbol: str, *, margin_type: MarginType | None = None) -> LeverageSetting:
        """Return the leverage that holds for ``symbol``."""

class ListenKeyControl(BlockingCapability):
    """Start, keep alive and stop the listen key of this API key, for streams that something else reads."""

    def start_listen_key(self) -> ListenKey:
        """Start a listen key, or prolong the one that is alive, and return it."""

    def keep_listen_key_alive(self) -> None:
        """Prolong the listen key."""

    def stop_listen_key(self) -> None:
        """End the listen key. Danger: it names no key, and ends the streams of everybody who uses this API key."""

class MarginChangeReader(BlockingCapability):
    """Read the history of margin changes."""

    def iter_margin_changes(
        self,
        symbol: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        after: MarginChange | None = None,
    ) -> Pager[MarginChange]:
        """Walk the changes of a symbol, oldest first; ``after`` continues behind an item seen before."""

class MarginTypeReader(BlockingCapability):
    """Read the margin type of a symbol or of the account."""

    def get_margin_type(self, symbol: str | None = None) -> MarginTypeSetting:
        """Return the margin type that holds."""

class OrderAmendControl(BlockingCapability):
    """Change open orders in place."""

    def amend_order(
        self,
        symbol: str,
        side: OrderSide,
        *,
        order_id: str | None = None,
        client_id: str | None = None,
        quantity: Decimal | None = None,
        price: Decimal | None = None,
    ) -> Order:
        """Give an open limit order a new quantity (contracts, in all) and price; None leaves a value as it is."""

    def amend_orders(self, amendments: Sequence[Amendment]) -> tuple[Order | OperationError, ...]:
        """Amend several open limit orders in one request; the results are in the order of ``amendments``."""

class OrderBatchControl(BlockingCapability):
    """Several orders in one request; each item has its own result."""

    def place_orders(self, requests: Sequence[OrderRequest]) -> tuple[Order | OperationError, ...]:
        """Place several orders; the results are in the order of the requests, an error where one failed."""

    def cancel_orders(
        self, symbol: str, *, order_ids: Sequence[str] = (), client_ids: Sequence[str] = ()
    ) -> tuple[Order | OperationError, ...]:
        """Cancel several orders of a symbol, named by ids or by client ids."""

class OrderReader(BlockingCapability):
    """Read orders of both books."""

    def get_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """Return one order, open or not, named by exactly one of ``order_id`` and ``client_id``."""

    def get_open_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """Return one open order; raises NotFound when it is not open."""

    def get_open_orders(self, *, symbol: str | None = None) -> tuple[Order, ...]:
        """Return the open orders of both books, of ``symbol`` or of all."""

    def iter_orders(
        self,
        *,
        symbol: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Order | None = None,
    ) -> Pager[Order]:
        """Walk the orders the venue keeps, open or not, oldest first."""

class OrderTestControl(BlockingCapability):
    """Have an order checked without placing it."""

    def test_order(self, request: OrderRequest) -> None:
        """Return if the venue would take the order; raises the errors of :meth:`OrderControl.place_order`."""

class PartialStopControl(BlockingCapability):
    """Add stops that close a part of a position, by market or limit orders."""

    def add_partial_stop(
        self,
        symbol: str,
        quantity: Decimal,
        *,
        side: PositionSide | None = None,
        take_profit: Decimal | None = None,
        stop_loss: Decimal | None = None,
        take_profit_limit: Decimal | None = None,
        stop_loss_limit: Decimal | None = None,
        take_profit_working_price: WorkingPrice | None = None,
        stop_loss_working_price: WorkingPrice | None = None,
    ) -> PartialStop:
        """Add a take-profit, a stop-loss or both for a part of an open position; each call adds others."""

class PositionMarginControl(BlockingCapability):
    """Add and reduce the margin of an isolated position; both are deltas and never sent twice on a guess."""

    def add_margin(self, symbol: str, amount: Decimal, *, side: PositionSide | None = None) -> MarginChange:
        """Move ``amount`` (settle asset, > 0) from the account to the position."""

    def reduce_margin(self, symbol: str, amount: Decimal, *, side: PositionSide | None = None) -> MarginChange:
        """Move ``amount`` (settle asset, > 0) from the position back to the account."""

class PositionModeReader(BlockingCapability):
    """Read the position mode."""

    def get_position_mode(self, *, symbol: str | None = None) -> PositionModeSetting:
        """Return the mode that holds; ``symbol`` matters only where the scope is SYMBOL."""

class PositionReader(BlockingCapability):
    """Read positions."""

    def get_positions(
        self,
        *,
        symbol: str | None = None,
        pair: str | None = None,
        margin_asset: str | None = None,
        include_flat: bool = False,
    ) -> tuple[Position, ...]:
        """Return the open positions, with ``include_flat=True`` every row the venue lists."""

    def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        """Return the position of a symbol, flat if need be."""

class PriceReader(BlockingCapability):
    """Read the present prices of contracts."""

    def get_prices(self, symbols: str | Iterable[str] | None = None) -> Mapping[str, Price]:
        """Return the prices by symbol, by the venue's cheapest requests."""

class RiskLimitControl(BlockingCapability):
    """Set the risk limit of a symbol."""

    def set_risk_limit(
        self,
        symbol: str,
        *,
        risk_id: int | None = None,
        amount: Decimal | None = None,
        side: PositionSide | None = None,
    ) -> RiskLimitSetting:
        """Set the risk limit and return the one that holds now; setting the present one again succeeds."""

class ServerTimeReader(BlockingCapability):
    """Ask the venue for its time."""

    def get_server_time(self) -> datetime:
        """Return the venue's clock as an aware UTC datetime."""

class SettingsReader(BlockingCapability):
    """Read all settings at once, by the venue's cheapest reads."""

    def get_settings(
        self,
        symbols: Collection[str],
        *,
        orders: Collection[str] | bool = False,
        brackets: Collection[str] | bool = False,
        known: SettingsSnapshot | None = None,
    ) -> SettingsSnapshot:
        """Return modes, and per symbol margin type, leverage and position; a row that cannot be read is in its ``odd``."""

class TpSlModeControl(BlockingCapability):
    """Set the TP/SL mode of a symbol."""

    def set_tpsl_mode(self, symbol: str, mode: TpSlMode) -> TpSlModeSetting:
        """Set the mode and return the one that holds now; where the venue calls this deprecated, a warning says so."""

class TradingStopControl(BlockingCapability):
    """Set the prices at which the venue closes a whole position at the market."""

    def set_trading_stop(
        self,
        symbol: str,
        *,
        side: PositionSide | None = None,
        take_profit: Decimal | None = None,
        stop_loss: Decimal | None = None,
        trailing_stop: Decimal | None = None,
        take_profit_working_price: WorkingPrice | None = None,
        stop_loss_working_price: WorkingPrice | None = None,
        activation_price: Decimal | None = None,
    ) -> TradingStopSetting:
        """Set, change or remove the trading stops of an open position; setting the present ones again succeeds."""

class WithdrawalReader(BlockingCapability):
    """Read withdrawals."""

    def iter_withdrawals(
        self,
        *,
        asset: str | None = None,
        status: WithdrawalStatus | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: Withdrawal | None = None,
    ) -> Pager[Withdrawal]:
        """Walk withdrawals, oldest first."""

class AssetModeControl(AssetModeReader):
    """Set the asset mode."""

    def set_asset_mode(self, mode: AssetMode) -> AssetModeSetting:
        """Set the mode and return the mode that holds now; setting the present value again succeeds."""

class LeverageControl(LeverageReader):
    """Set the leverage of a symbol."""

    def set_leverage(
        self,
        symbol: str,
        leverage: int | Decimal,
        *,
        side: PositionSide | None = None,
        margin_type: MarginType | None = None,
    ) -> LeverageSetting:
        """Change the leverage and return the value the venue now applies; setting the present value again succeeds."""

class MarginTypeControl(MarginTypeReader):
    """Set the margin type of a symbol or of the account."""

    def set_margin_type(
        self, symbol: str | None, margin_type: MarginType, *, account_wide: bool = False
    ) -> MarginTypeSetting:
        """Set the margin type and return the one that holds now."""

class OrderControl(OrderReader):
    """Place and cancel orders."""

    def place_order(self, request: OrderRequest) -> Order:
        """Place an order; a client id always travels with it."""

    def cancel_order(self, symbol: str, *, order_id: str | None = None, client_id: str | None = None) -> Order:
        """Cancel an order and return its final state, also when it had ended before."""

    def cancel_all_orders(self, *, symbol: str | None = None) -> tuple[Order, ...]:
        """Cancel all orders of both kinds, read until none is left, and return those that could not be cancelled."""

class PositionModeControl(PositionModeReader):
    """Set the position mode."""

    def set_position_mode(
        self, mode: PositionMode, *, symbol: str | None = None, asset: str | None = None
    ) -> PositionModeSetting:
        """Set the mode and return the mode that holds now; setting the present value again succeeds."""

class PositionCloseControl(PositionReader, OrderControl):
    """Close positions, by market orders that can do nothing but reduce them."""

    def close_position(
        self,
        symbol: str,
        *,
        side: PositionSide | None = None,
        quantity: Decimal | None = None,
        price: Decimal | None = None,
    ) -> CloseReport:
        """Close the position of a symbol, or a part of it, and report the orders, their fills, and the remainder."""

    def flatten(self, *symbols: str, all: bool = False, cancel: bool = True, deadline: float = 30) -> CloseReport:
        """Cancel the orders of these symbols, close their positions, and read again until they are flat."""
