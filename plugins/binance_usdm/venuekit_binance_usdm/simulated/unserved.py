"""Documented routes that the simulator does not answer, by the reason why it does not."""

from __future__ import annotations

from venuekit_binance_common.simulated.unserved import STATISTICS, downloads, of_root

_ROOT = "/fapi/v1"

UNSERVED = (
    STATISTICS
    | of_root("GET", "/futures/data", "takerlongshortRatio")  # what other traders do, too
    | of_root("GET", "/futures/data", "delivery-price")  # no contract was ever delivered
    | downloads(_ROOT)
    | of_root("GET", _ROOT, "insuranceBalance")  # liquidations are paid by no fund
    # contracts of shares and their trading hours are not listed
    | of_root("GET", _ROOT, "tradingSchedule")
    | of_root("POST", _ROOT, "stock/contract")
    # conversions are commands of the ledger, not offers with a quote
    | of_root("GET", _ROOT, "convert/exchangeInfo", "convert/orderStatus")
    | of_root("POST", _ROOT, "convert/getQuote", "convert/acceptQuote")
    | of_root("GET", _ROOT, "pmAccountInfo")  # the portfolio margin API answers such accounts
)
