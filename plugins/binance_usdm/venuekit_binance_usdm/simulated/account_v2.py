"""The second version of balances, account and positions, which most clients read: every symbol, with its settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from venuekit.capabilities import AssetMode
from venuekit.plugin import Security
from venuekit.simulator import Route, SimRequest, Visit
from venuekit.simulator.ledger import Contract, Ledger, PositionFigures
from venuekit_binance_common.simulated.account_routes import ACCOUNT_FLAGS, worth_fields
from venuekit_binance_common.simulated.formatting import amount_or_zero, plain
from venuekit_binance_common.venue import SYMBOL, WEIGHT
from venuekit_binance_usdm.simulated.fee_routes import fee_burn_fields
from venuekit_binance_usdm.simulated.usd_margined import (
    UsdMarginedVenue,
    leg_fields_with_settings,
    risk_fields_with_settings,
)

_READ_WEIGHT = 5
#: the account belongs to no group of copied traders
TRADE_GROUP = {"tradeGroupId": -1}


class AccountV2Routes(UsdMarginedVenue):
    """The reads of the second version, beside those of the third, which list open legs alone and no settings."""

    def extra_routes(self) -> Iterable[Route]:
        """Return the three reads and those of the other groups."""
        signed: dict[str, Any] = {"security": Security.SIGNED, "costs": lambda _: {WEIGHT: _READ_WEIGHT}}
        yield Route("GET", "/fapi/v2/balance", self.balance, **signed)
        yield Route("GET", "/fapi/v2/account", self.account_v2, **signed)
        yield Route("GET", "/fapi/v2/positionRisk", self.position_risk_v2, parameters=(SYMBOL,), **signed)
        yield from super().extra_routes()

    def account_v2(self, _request: SimRequest, visit: Visit) -> object:
        """Return flags, modes, totals, assets, and the legs of every symbol."""
        ledger = visit.ledger
        legs = self._every_leg(ledger, self.contracts)
        return {
            **ACCOUNT_FLAGS,
            **TRADE_GROUP,
            **fee_burn_fields(visit),
            "multiAssetsMargin": ledger.asset_mode is AssetMode.MULTI,
            **self.account_fields(ledger),
            "assets": [
                {**self.asset_row(balance), "marginAvailable": balance.is_collateral}
                for balance in ledger.balances(purse=self.purse)
            ],
            "positions": [self._account_position_v2(figures, contract) for figures, contract in legs],
        }

    def position_risk_v2(self, request: SimRequest, visit: Visit) -> object:
        """Return the legs of the requested symbol, or of all."""
        legs = self._every_leg(visit.ledger, self.risk_contracts(request))
        return [self._risk_row_v2(figures, contract) for figures, contract in legs]

    def _every_leg(self, ledger: Ledger, contracts: Iterable[Contract]) -> Iterable[tuple[PositionFigures, Contract]]:
        """Return the legs, flat or not; those of the third version are fewer."""
        return super().legs(ledger, contracts)

    def _account_position_v2(self, figures: PositionFigures, contract: Contract) -> dict[str, object]:
        return {
            **super().account_position(figures, contract),
            **leg_fields_with_settings(figures),
            # not in the documented example: in that of the WebSocket API, and in recordings of other clients
            "breakEvenPrice": plain(figures.break_even_price),
            **worth_fields(figures),
            "bidNotional": amount_or_zero(figures.bid_value),
            "askNotional": amount_or_zero(figures.ask_value),
        }

    def _risk_row_v2(self, figures: PositionFigures, contract: Contract) -> dict[str, object]:
        return {**super().risk_row(figures, contract), **risk_fields_with_settings(figures)}
