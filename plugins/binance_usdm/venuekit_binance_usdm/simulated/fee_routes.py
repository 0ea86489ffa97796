"""The choice to pay commissions in BNB, which the client does not use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from venuekit.plugin import Effect, Kind, Parameter, Security
from venuekit.simulator import Route, SimRequest, Visit
from venuekit_binance_common.simulated.settings_routes import DONE
from venuekit_binance_common.venue import WEIGHT
from venuekit_binance_usdm.simulated.usd_margined import UsdMarginedVenue

_PATH = "/fapi/v1/feeBurn"


def fee_burn_fields(visit: Visit) -> dict[str, object]:
    """Return the flag of the choice."""
    return {"feeBurn": visit.ledger.pays_fee_asset}


class FeeBurnRoutes(UsdMarginedVenue):
    """
    Reads and changes whether BNB of the wallet pays commissions, a tenth cheaper.

    A new account does not; where the wallet has too little BNB, the settle asset pays in full.
    """

    def extra_routes(self) -> Iterable[Route]:
        """Return the read, the change, and the routes of the other groups."""
        signed: dict[str, Any] = {"security": Security.SIGNED}
        yield Route("GET", _PATH, self.fee_burn, costs=lambda _: {WEIGHT: 30}, **signed)
        yield Route(
            "POST",
            _PATH,
            self.set_fee_burn,
            effect=Effect.SET,
            costs=lambda _: {WEIGHT: 1},
            parameters=(Parameter("feeBurn", Kind.BOOLEAN, required=True),),
            **signed,
        )
        yield from super().extra_routes()

    def fee_burn(self, _request: SimRequest, visit: Visit) -> object:
        """Return the choice."""
        return fee_burn_fields(visit)

    def set_fee_burn(self, request: SimRequest, visit: Visit) -> object:
        """Change the choice, for every symbol; the same one again is accepted."""
        visit.ledger.set_fee_asset_use(self.flag(request, "feeBurn"))
        return DONE
