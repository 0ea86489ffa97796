"""LedgerBase: the state of one account, with the ways to change and to read it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar

from venuekit.capabilities import AssetMode, MarginType, PositionMode
from venuekit.simulator.ledger.contract import AssetKey, Contract
from venuekit.simulator.ledger.events import Event, EventReason
from venuekit.simulator.ledger.money import exact
from venuekit.simulator.ledger.orders import ring
from venuekit.simulator.ledger.path import PricePath
from venuekit.simulator.ledger.rules import Pool, Rules
from venuekit.simulator.ledger.state import Asset, Cash, LedgerState, LedgerSymbol
from venuekit.simulator.ledger.transaction import Transaction
from venuekit.simulator.ledger.view import LedgerView

_P = ParamSpec("_P")
_R = TypeVar("_R")
_Row = TypeVar("_Row", bound=Any)


class Feed(Protocol):
    """The market of several accounts: they see the same prices, whichever of them moves one."""

    def advance(self) -> None:
        """Move the prices of every account to the present."""

    def set_mark(self, symbol: str, price: Decimal) -> None:
        """Move the mark of a symbol in every account."""

    def set_worth(self, key: AssetKey, price: Decimal) -> None:
        """Move the worth of an asset, in USD, in every account."""


LedgerListener: TypeAlias = "Callable[[LedgerBase, tuple[Event, ...]], None]"
"""Gets a ledger and the events of one command, in their order, once the command was carried out."""


class LedgerBase:
    """
    Rules, contracts, and a state that commands replace as a whole: the base of every part of a ledger.

    The effects of the clock alone (countdowns, delayed decisions, expiries, the moves of a feed) happen before the next
    command or read.
    """

    def __init__(
        self,
        rules: Rules,
        contracts: Iterable[Contract],
        assets: Iterable[Asset] = (),
        *,
        now: Callable[[], datetime],
        margin_type: MarginType = MarginType.CROSS,
        position_mode: PositionMode = PositionMode.ONE_WAY,
        asset_mode: AssetMode = AssetMode.SINGLE,
        indexes: Mapping[str, Decimal] = MappingProxyType({}),
        feed: Feed | None = None,
    ) -> None:
        """
        Open an account without money.

        Args:
            rules: The accounting rules of the venue, or of all venues of the realm.
            contracts: The tradable contracts; symbols are unique over all venues of the account.
            assets: Assets beside the settle assets of the contracts, and the worth of assets as collateral.
            now: Returns the venue's time, aware and in UTC; never goes back.
            margin_type: The initial margin type, of the account or of each of its symbols.
            position_mode: The initial position mode.
            asset_mode: The initial asset mode.
            indexes: The initial index prices by symbol; the first mark of a symbol that is not there.
            feed: The market that the account shares with others; None where it has one of its own.

        Raises:
            ValueError: two contracts share a symbol, one has no mark, there is an asset mode but no asset with an index
                price, or the fee asset has none.
        """
        listed = tuple(contracts)
        by_symbol = {contract.symbol: contract for contract in listed}
        if len(by_symbol) < len(listed):
            raise ValueError("two contracts share a symbol")
        all_assets = {contract.asset_key: Asset(contract.settle, purse=contract.purse) for contract in listed}
        all_assets.update((asset.key, asset) for asset in assets)
        pools = rules.asset_mode and rules.pool is Pool.IN_MULTI_ASSETS
        if pools and all(asset.index_price is None for asset in all_assets.values()):
            raise ValueError("with an asset mode, at least one asset needs an index price")
        if rules.fee_asset is not None and (
            rules.fee_asset not in all_assets or all_assets[rules.fee_asset].index_price is None
        ):
            raise ValueError("the fee asset needs an index price")
        self.rules = rules
        self.contracts: Mapping[str, Contract] = MappingProxyType(by_symbol)
        self._now, opened_at = now, now()
        self._feed = feed
        #: called after each command that was carried out, also one without events; copies of the ledger have it, too
        self.listener: LedgerListener | None = None
        self._state = LedgerState(
            account_mode=rules.account_mode,
            position_mode=position_mode,
            asset_mode=asset_mode,
            margin_type=margin_type,
            cash={key: Cash() for key in all_assets},
            assets=all_assets,
            symbols={
                symbol: LedgerSymbol(
                    contract.leverage,
                    margin_type,
                    PricePath.start(opened_at, contract.first_mark),
                    PricePath.start(opened_at, indexes.get(symbol, contract.first_mark)),
                )
                for symbol, contract in by_symbol.items()
            },
        )
        self._reading: LedgerView | None = None

    @exact
    def tick(self) -> None:
        """Apply the effects of the clock that are due; every command and read does so by itself."""
        if self._feed is not None:
            self._feed.advance()
        if not self._state.alarms:
            return
        now = self._now()
        while due := [(time, alarm) for alarm, time in self._state.alarms.items() if time <= now]:
            time, alarm = min(due)
            transaction = Transaction(self.rules, self.contracts, self._state, time)
            ring(transaction, *alarm)
            self._keep(transaction, EventReason.ADJUSTMENT)

    @property
    def next_alarm(self) -> datetime | None:
        """The time of the next effect of the clock alone; None where none is to come."""
        return min(self._state.alarms.values(), default=None)

    def snapshot(self) -> LedgerState:
        """Return a copy of everything that commands can change, to compare with another."""
        self.tick()
        return self._state.copy()

    @property
    def _state_now(self) -> LedgerState:
        self.tick()
        return self._state

    def _read(self) -> LedgerView:
        self.tick()
        if self._reading is None:
            self._reading = LedgerView(self.rules, self.contracts, self._state)
        return self._reading

    def _keep(self, transaction: Transaction, reason: EventReason) -> None:
        transaction.report(reason)
        transaction.report_settings()
        for log in transaction.state.logs:
            log.keep()
        seen = len(self._state.events)
        self._state, self._reading = transaction.state, None
        if self.listener is not None:
            self.listener(self, self._state.events.since(seen))

    def _visible(self, rows: Iterable[_Row]) -> tuple[_Row, ...]:
        """Return the rows that reads show at present."""
        until = self._state.hidden_until
        if until is None or (now := self._now()) >= until:
            return tuple(rows)
        return tuple(row for row in rows if row.visible_at is None or row.visible_at <= now)


def command(
    function: Callable[Concatenate[Transaction, _P], _R],
    reason: EventReason = EventReason.ADJUSTMENT,
    *,
    keep: bool = True,
) -> Callable[Concatenate[LedgerBase, _P], _R]:
    """
    Return a method of a ledger that runs ``function`` in a transaction of its own.

    The transaction is kept unless ``function`` raises, and never without ``keep``; ``reason`` is the reason of the
    event about changes that ``function`` has not reported itself.
    """

    @exact
    @functools.wraps(function)
    def run(ledger: LedgerBase, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        ledger.tick()
        now, state = ledger._now(), ledger._state  # noqa: SLF001  (a method, defined beside its class)
        transaction = Transaction(ledger.rules, ledger.contracts, state, now)
        result = function(transaction, *args, **kwargs)
        if keep:
            ledger._keep(transaction, reason)  # noqa: SLF001
        return result

    return run
