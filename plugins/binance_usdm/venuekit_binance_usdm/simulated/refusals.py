"""What this product refuses in words of its own."""

from __future__ import annotations

from venuekit.capabilities import Setting
from venuekit.simulator.ledger import Reason
from venuekit_binance_common.simulated.errors import Errors

__all__ = ["ERRORS"]

ERRORS = Errors(
    too_late=-5028,
    lower_leverage=-4161,
    words={
        -4167: "Unable to adjust to Multi-Assets mode with symbols of USDⓈ-M Futures under isolated-margin mode.",
        -4168: "Unable to adjust to isolated-margin mode under the Multi-Assets mode.",
        -4169: "Unable to adjust Multi-Assets Mode with insufficient margin balance in USDⓈ-M Futures.",
        -4170: "Unable to adjust Multi-Assets Mode with open orders in USDⓈ-M Futures.",
        -4171: "Adjusted asset mode is currently set and does not need to be adjusted repeatedly.",
        -4172: (
            "Unable to adjust Multi-Assets Mode with a negative wallet balance of margin available asset "
            "in USDⓈ-M Futures account."
        ),
    },
    by_reason={
        Reason.ISOLATED_WHILE_MULTI_ASSET: -4168,
        Reason.MULTI_ASSET_WHILE_ISOLATED: -4167,
        Reason.NEGATIVE_BALANCE: -4172,
    },
    by_reason_and_setting={
        (Reason.NO_CHANGE, Setting.ASSET_MODE): -4171,
        (Reason.OPEN_ORDERS, Setting.ASSET_MODE): -4170,
    },
    insufficient={"multiAssetsMargin": -4169},
    by_order_reason={
        Reason.ORDER_UNCHANGED: -5027,
        Reason.NOT_AMENDABLE: -5025,
        Reason.NOTIONAL_TOO_SMALL: -4164,
    },
)
