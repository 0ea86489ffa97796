"""Documented routes of USDⓈ-M and Aster that the simulator does not answer, by the reason why it does not."""

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

ASTER_V1_UNSERVED = of_root("POST", _ROOT, "asset/wallet/transfer")  # the account has no wallet of another product

_V3 = "/fapi/v3"
ASTER_V3_UNSERVED = (
    of_root("POST", _V3, "asset/wallet/transfer")
    | of_root("GET", _V3, "indexreferences")  # the index has no sources of other names
    # the venue does not document its answer to an amendment that changes nothing
    | of_root("PUT", _V3, "order", "batchOrders")
    # the nonce of an order, which a chain keeps
    | of_root("POST", _V3, "noop")
    | of_root("DELETE", _V3, "guardedCancelOrder", "guardedBatchOrders")
    # one account alone trades, so none trades with itself, and no fills come fast enough to freeze it
    | of_root("GET", _V3, "stpMode", "mmp")
    | of_root("POST", _V3, "stpMode", "mmp", "mmpReset")
    | of_root("DELETE", _V3, "mmp")
    # orders that another service of the venue places and amends
    | of_root("POST", _V3, "chase", "placeStrategyOrder", "updateStrategyOrder")
    | of_root("GET", _V3, "strategyOpenOrder", "strategyHistoryOrder")
    # wallets, their approvals and their sub-accounts are given, not made by requests
    | of_root("POST", _V3, "registerAndApproveAgent", "sub-accounts/bind", "createSubAccount", "updateSubAccount")
    | of_root("POST", _V3, "subAccountTransfer", "asset/migrateUser")
    | of_root("GET", _V3, "getSubAccountList", "asset/migrateUser/history")
    # of builders, whose users are other accounts
    | of_root("GET", f"{_V3}/builder", "userAccounts", "userOpenOrders", "userBalances", "userPositionRisk")
    | of_root("GET", f"{_V3}/builder", "userCommissionRates", "userTrades", "userAllOrders", "approvedUserList")
    # news and pictures
    | of_root("GET", _V3, "announcement/direct", "announcement/directById", "common/asset/all-asset-logo")
)
