"""Orders as values: which are open, and how much of them is left."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

from venuekit.capabilities import Order, OrderKind, OrderSide, OrderStatus, OrderType

ORDER = Order(
    id="1",
    client_id=None,
    symbol="TOYUSD",
    kind=OrderKind.PLAIN,
    side=OrderSide.BUY,
    type=OrderType.LIMIT,
    status=OrderStatus.PARTIALLY_FILLED,
    quantity=Decimal(5),
    filled=Decimal(2),
)


def test_remaining_is_the_quantity_that_is_not_filled() -> None:
    """Also of an order that was cancelled in between."""
    canceled = attrs.evolve(ORDER, status=OrderStatus.CANCELED)

    assert (Decimal(3), Decimal(3)) == (ORDER.remaining, canceled.remaining)


@pytest.mark.parametrize("unknown", [{"quantity": None}, {"filled": None}])
def test_remaining_is_none_without_both_figures(unknown: dict[str, Any]) -> None:
    """A figure that the venue did not give is not taken for zero."""
    assert attrs.evolve(ORDER, **unknown).remaining is None


@pytest.mark.parametrize("status", OrderStatus)
def test_an_order_is_open_until_its_status_is_final(status: OrderStatus) -> None:
    """Undecided and untriggered orders are open, triggered ones have ended."""
    ended = {"filled", "canceled", "expired", "rejected", "triggered"}

    assert (status.value not in ended) is attrs.evolve(ORDER, status=status).is_open
    assert (status.value in ended) is status.is_final
