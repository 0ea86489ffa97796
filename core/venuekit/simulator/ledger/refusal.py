"""Refusals: the reason of a refused command; a simulated venue translates it into its own code and words."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import attrs


class Reason(enum.StrEnum):
    """The reason of a refused command."""

    UNKNOWN_SYMBOL = "unknown_symbol"
    UNKNOWN_ASSET = "unknown_asset"
    UNKNOWN_ORDER = "unknown_order"
    DUPLICATE_CLIENT_ID = "duplicate_client_id"  #: in use by a waiting order, or by any earlier one

    ORDER_INCOMPLETE = "order_incomplete"  #: a required field of this order type is missing
    ORDER_CONFLICT = "order_conflict"  #: fields that exclude each other
    PRICE_OFF_STEP = "price_off_step"
    PRICE_OUT_OF_RANGE = "price_out_of_range"
    QUANTITY_OFF_STEP = "quantity_off_step"
    QUANTITY_OUT_OF_RANGE = "quantity_out_of_range"
    NOTIONAL_TOO_SMALL = "notional_too_small"
    INVALID_CALLBACK_RATE = "invalid_callback_rate"
    INVALID_ACTIVATION_PRICE = "invalid_activation_price"  #: a trailing stop would be active at once
    TOO_MANY_ORDERS = "too_many_orders"
    WOULD_TRIGGER = "would_trigger"  #: a conditional order's trigger is already reached
    REDUCE_ONLY_REJECTED = "reduce_only_rejected"  #: there is nothing to reduce
    FOK_REJECTED = "fok_rejected"
    POST_ONLY_REJECTED = "post_only_rejected"
    ORDER_FINISHED = "order_finished"  #: the order has ended
    ORDER_UNCHANGED = "order_unchanged"  #: an amendment without a change
    NOT_AMENDABLE = "not_amendable"

    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    PRICE_NOT_POSITIVE = "price_not_positive"
    SIDE_DOES_NOT_MATCH_MODE = "side_does_not_match_mode"  #: a leg in one-way mode, or none in hedge mode
    EXCEEDS_POSITION = "exceeds_position"  #: an order would close more than the leg of hedge mode
    MAX_POSITION_EXCEEDED = "max_position_exceeded"  #: position and orders would pass the cap at the present leverage

    NO_CHANGE = "no_change"
    OPEN_ORDERS = "open_orders"
    OPEN_POSITION = "open_position"
    INVALID_LEVERAGE = "invalid_leverage"
    LEVERAGE_ABOVE_BRACKET = "leverage_above_bracket"
    LEVERAGE_REDUCTION_WHILE_ISOLATED = "leverage_reduction_while_isolated"
    ISOLATED_WHILE_MULTI_ASSET = "isolated_while_multi_asset"
    MULTI_ASSET_WHILE_ISOLATED = "multi_asset_while_isolated"
    HEDGE_MODE_MISSING = "hedge_mode_missing"
    ASSET_MODE_MISSING = "asset_mode_missing"
    MARGIN_TYPE_MISSING = "margin_type_missing"

    INSUFFICIENT_MARGIN = "insufficient_margin"
    INSUFFICIENT_BALANCE = "insufficient_balance"  #: a withdrawal above the withdrawable amount
    NEGATIVE_BALANCE = "negative_balance"  #: an asset in debt forbids leaving multi-assets mode
    COLLATERAL_OFF = "collateral_off"  #: the settle asset would have to back positions, but is no collateral
    COLLATERAL_IN_USE = "collateral_in_use"
    NOT_ISOLATED = "not_isolated"
    FLAT_POSITION = "flat_position"
    REMOVABLE_EXCEEDED = "removable_exceeded"
    WOULD_LIQUIDATE = "would_liquidate"

    OUTSIDE_WINDOW = "outside_window"
    INVALID_WINDOW = "invalid_window"


@attrs.frozen
class LedgerRefusal:
    """A reason with its numbers or names; amounts are in the unit of the command."""

    reason: Reason
    details: Mapping[str, object] = attrs.field(factory=dict)

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value}" for name, value in self.details.items())
        return f"{self.reason.value} ({details})" if details else self.reason.value


class Refused(Exception):
    """A command was refused; the ledger is unchanged."""

    def __init__(self, reason: Reason, **details: object) -> None:
        self.refusal = LedgerRefusal(reason, details)
        super().__init__(str(self.refusal))

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.refusal,)

    @property
    def reason(self) -> Reason:
        """The reason without the details."""
        return self.refusal.reason


def _rebuild(refusal: LedgerRefusal) -> Refused:
    return Refused(refusal.reason, **refusal.details)
