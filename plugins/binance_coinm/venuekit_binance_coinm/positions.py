"""Positions and the account: every trading symbol has its rows, flat or not; in hedge mode BOTH is beside the legs."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from venuekit.capabilities import (
    AccountInfo,
    AccountKind,
    AccountReader,
    Balance,
    Position,
    PositionReader,
    PositionSide,
    Unit,
)
from venuekit.parts.columns import flag, milliseconds, whole
from venuekit.parts.rows import Document, Reads, Rows
from venuekit.parts.values import values_of
from venuekit.plugin import Answer, Endpoint, Outcome, PayloadMismatch
from venuekit_binance_coinm.position_rows import POSITIONS_OF_ACCOUNT
from venuekit_binance_common.enums import position_mode_of
from venuekit_binance_common.market import BinanceContracts, unknown_symbol_error
from venuekit_binance_common.payloads import InstrumentRow
from venuekit_binance_common.positions.filters import check_filters, mode_of, refuse_odd, side_that_fits
from venuekit_binance_common.wallet import BALANCES_OF_ACCOUNT

if TYPE_CHECKING:
    from venuekit_binance_coinm.endpoints import CoinmEndpoints


@attrs.frozen(eq=False)
class AccountRows:
    """The account read: flags, assets and positions; it has no totals."""

    info: Rows[AccountInfo]
    assets: Rows[Balance]
    positions: Rows[Position]


decode_account = Document(
    AccountRows,
    info=Reads(
        AccountInfo,
        is_single=True,
        given=("position_mode", "balances", "positions"),
        kind=AccountKind.STANDARD,
        can_trade=flag("canTrade"),
        can_deposit=flag("canDeposit"),
        can_withdraw=flag("canWithdraw"),
        fee_tier=whole("feeTier"),
        updated_at=milliseconds("updateTime"),
    ),
    assets=BALANCES_OF_ACCOUNT,
    positions=POSITIONS_OF_ACCOUNT,
)


class BinanceCoinmPositions(BinanceContracts, PositionReader, AccountReader):
    """
    The venue filters by pair and margin asset; a symbol is asked for by its pair and picked out here.

    Each asset backs the positions that settle in it; nothing is summed over assets.
    """

    __slots__ = ()

    endpoints: ClassVar[CoinmEndpoints]

    async def get_positions(
        self,
        *,
        symbol: str | None = None,
        pair: str | None = None,
        margin_asset: str | None = None,
        include_flat: bool = False,
    ) -> tuple[Position, ...]:
        """Return the open positions, with ``include_flat=True`` every trading symbol's; weight 1."""
        check_filters(self, symbol=symbol, pair=pair, margin_asset=margin_asset)
        if symbol is not None:
            contract = await self._contract_of(symbol)
            pair = pair or contract.pair
        answer = await self.answer_rows(self.endpoints.POSITION_RISK, pair=pair, marginAsset=margin_asset)
        rows = answer.value
        if symbol is not None:
            self._check_pair(rows, pair, symbol)
            rows = rows.of({symbol})
        return await self._positions(self.endpoints.POSITION_RISK, answer, rows, include_flat=include_flat)

    async def get_position(self, symbol: str, *, side: PositionSide | None = None) -> Position:
        """Return the position of a symbol, flat if need be; weight 1, and 30 more when the venue lists no row."""
        contract = await self._contract_of(symbol)
        answer = await self.answer_rows(self.endpoints.POSITION_RISK, pair=contract.pair)
        refuse_odd(self, answer, symbol)
        self._check_pair(answer.value, contract.pair, symbol)
        mode = mode_of(answer.value)
        if mode is None:
            mode = position_mode_of((await self.call(self.endpoints.POSITION_MODE)).dual_side_position)
        fitting_side = side_that_fits(self, mode, side, symbol)
        rows = answer.value.of({symbol})
        for position in await self._positions(
            self.endpoints.POSITION_RISK, answer, rows, include_flat=True, all_or_none=True
        ):
            if position.side is fitting_side:
                return position
        return Position(
            symbol=symbol,
            side=fitting_side,
            quantity=Decimal(0),
            contract_size=contract.contract_size,
            contract_unit=Unit.QUOTE,
            settle=contract.margin_asset,
            as_of=answer.as_of,
            received_at=answer.received_at,
        )

    async def _contract_of(self, symbol: str) -> InstrumentRow:
        contract = await self._contract(symbol)
        if contract is None:
            raise unknown_symbol_error(self, self.CONTRACTS, symbol)
        return contract

    def _check_pair(self, rows: Rows[Position], pair: str | None, symbol: str) -> None:
        """Raise ``PayloadMismatch`` for rows of other pairs alone: they answer another request; nothing is flat."""
        pairs = {listed.partition("_")[0] for listed in rows.keys}
        if pairs and pair not in pairs:
            listed_pairs = ", ".join(sorted(pairs))
            raise PayloadMismatch(
                f"it answers another request: it is about {listed_pairs}, and {pair} was sent",
                venue=self.venue.id,
                operation=str(self.endpoints.POSITION_RISK),
                subject=symbol,
                outcome=Outcome.NOT_APPLIED,
            )

    async def _positions(
        self,
        endpoint: Endpoint[Any],
        answer: Answer[Any],
        rows: Rows[Position],
        *,
        include_flat: bool,
        all_or_none: bool = False,
    ) -> tuple[Position, ...]:
        """Return the positions of rows of an answer, the open ones or all."""
        chosen = rows if include_flat else rows.without_flat()
        contracts = await self._contracts_of(set(chosen.keys))
        return values_of(self, endpoint, answer, chosen, all_or_none=all_or_none, joined=contracts)

    async def get_account(self, *, include_flat: bool = False) -> AccountInfo:
        """
        Return flags, modes, balances and open positions; weight 5.

        Positions of this read have no mark and no liquidation price. The rows show the position mode; without any row
        it is read, which weighs 30 more.
        """
        answer = await self.answer_rows(self.endpoints.ACCOUNT)
        account = answer.value
        mode = mode_of(account.positions)
        if mode is None:
            mode = position_mode_of((await self.call(self.endpoints.POSITION_MODE)).dual_side_position)
        (info,) = values_of(
            self,
            self.endpoints.ACCOUNT,
            answer,
            account.info,
            position_mode=mode,
            balances=values_of(self, self.endpoints.ACCOUNT, answer, account.assets),
            positions=await self._positions(
                self.endpoints.ACCOUNT, answer, account.positions, include_flat=include_flat
            ),
        )
        return info
