"""The history of amended orders, which the client does not use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from venuekit.plugin import Kind, Parameter, Security
from venuekit.simulator import Route, SimRequest, Visit
from venuekit.simulator.ledger import Contract, LedgerAmendment
from venuekit_binance_common.simulated.binance_venue import HistoryLimits
from venuekit_binance_common.simulated.formatting import milliseconds, plain
from venuekit_binance_common.simulated.order_rows import client_id_of
from venuekit_binance_common.simulated.order_writes import OrderWrites
from venuekit_binance_common.venue import SPAN, THE_SYMBOL, WEIGHT, limit_up_to

_LIMITS = HistoryLimits(keeps=timedelta(days=90), rows=50, most_rows=100)


class AmendmentRoutes(OrderWrites):
    """Rows of amendments, of products that keep a history of them."""

    def extra_routes(self) -> Iterable[Route]:
        """Return the history and the routes of the other groups."""
        yield Route(
            "GET",
            f"{self.orders.terms.root}/orderAmendment",
            self.amendments,
            security=Security.SIGNED,
            costs=lambda _: {WEIGHT: 1},
            parameters=(
                THE_SYMBOL,
                Parameter("orderId", Kind.INTEGER),
                Parameter("origClientOrderId"),
                *SPAN,
                limit_up_to(_LIMITS.most_rows),
            ),
        )
        yield from super().extra_routes()

    def amendments(self, request: SimRequest, visit: Visit) -> object:
        """Return the amendments of an order, from new to old; raises ``Denied`` when the request names no order."""
        order = self.get_order(request.parameters, visit)
        times = self.stretch(request, visit, _LIMITS)
        contract = self.contract(order.symbol)
        rows = [
            _row(amendment, contract, client_id_of(order))
            for amendment in visit.ledger.amendments(order.id)
            if milliseconds(amendment.time) in times
        ]
        return self.page(request, rows, _LIMITS)[::-1]


def _row(amendment: LedgerAmendment, contract: Contract, client_id: str) -> dict[str, object]:
    """Return an amendment; the caller's own number is shown only where the request had one."""
    own = {} if amendment.note is None else {"modifyId": int(amendment.note)}
    return {
        "amendmentId": int(amendment.id),
        "symbol": amendment.symbol,
        "pair": contract.pair,
        "orderId": int(amendment.order_id),
        "clientOrderId": client_id,
        "time": milliseconds(amendment.time),
        "amendment": {
            "price": {"before": plain(amendment.price_before), "after": plain(amendment.price_after)},
            "origQty": {"before": plain(amendment.quantity_before), "after": plain(amendment.quantity_after)},
            "count": amendment.count,
            **own,
        },
    }
