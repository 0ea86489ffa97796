"""
Documented routes that the simulator does not answer, by the reason why it does not.

Of V5, all that an inverse unified account may call about its account, positions, orders and assets are served, refused,
or here, and so are the public ones of the market. Those of other products (spot margin, spread, RFQ, earn, loans of
crypto, P2P, brokers) are not simulated either, and unknown.
"""

from __future__ import annotations

RouteName = tuple[str, str]


def _of(verb: str, root: str, *names: str) -> frozenset[RouteName]:
    return frozenset((verb, f"/v5/{root}/{name}") for name in names)


#: what other traders hold and do, and what the venue measures of them: the market has no other traders
_STATISTICS = _of(
    "GET",
    "market",
    "account-ratio",
    "adlAlert",
    "fee-group-info",
    "historical-volatility",
    "index-price-components",
    "insurance",
    "rpi_orderbook",
)
#: contracts that have ended: none does here
_ENDED = _of("GET", "market", "delivery-price", "new-delivery-price") | _of("GET", "asset", "settlement-record")
#: of options, spot and market makers
_OTHER_PRODUCTS = (
    _of("GET", "account", "mmp-state")
    | _of("POST", "account", "mmp-modify", "mmp-reset", "set-delta-mode", "set-hedging-mode", "set-limit-px-action")
    | _of("GET", "account", "user-setting-config")
    | _of("GET", "asset", "coin-greeks")
    | _of("GET", "order", "spot-borrow-check")
    | _of("GET", "position", "get-closed-positions")
)
#: borrowing: nothing can be borrowed here
_LOANS = _of("GET", "account", "borrow-history") | _of(
    "POST", "account", "borrow", "no-convert-repay", "quick-repayment", "repay"
)
#: moves between accounts, wallets, chains and coins: scenarios make them by the ledger's own commands
_MOVES = (
    _of("POST", "account", "demo-apply-money", "upgrade-to-uta")
    | _of("POST", "position", "move-positions")
    | _of("GET", "position", "move-history")
    | _of(
        "GET",
        "asset",
        "asset-overview",
        "covert/small-balance-history",
        "covert/small-balance-list",
        "deposit/query-address",
        "deposit/query-allowed-list",
        "deposit/query-internal-record",
        "deposit/query-record",
        "deposit/query-sub-member-address",
        "deposit/query-sub-member-record",
        "exchange/convert-result-query",
        "exchange/query-coin-list",
        "fundinghistory",
        "transfer/query-asset-info",
        "transfer/query-inter-transfer-list",
        "transfer/query-sub-member-list",
        "transfer/query-transfer-coin-list",
        "transfer/query-universal-transfer-list",
        "withdraw/query-address",
        "withdraw/vasp/list",
        "withdraw/withdrawable-amount",
    )
    | _of(
        "POST",
        "asset",
        "covert/get-quote",
        "covert/small-balance-execute",
        "deposit/deposit-to-account",
        "exchange/convert-execute",
        "exchange/quote-apply",
        "transfer/inter-transfer",
        "transfer/save-transfer-sub-member",
        "transfer/universal-transfer",
        "withdraw/cancel",
        "withdraw/create",
    )
)
#: the log of inverse contracts before accounts were unified, and the other histories of that time
_BEFORE_UNIFIED = _of("GET", "account", "contract-transaction-log") | _of(
    "GET",
    "pre-upgrade",
    "account/transaction-log",
    "asset/delivery-record",
    "asset/settlement-record",
    "execution/list",
    "order/history",
)
#: keys, users and their limits
_USERS = (
    _of("GET", "apilimit", "query", "query-all", "query-cap")
    | _of("POST", "apilimit", "set")
    | _of("GET", "user", "aff-customer-info", "escrow_sub_members", "invitation/referrals", "query-sub-members")
    | _of("GET", "user", "sub-apikeys", "submembers")
    | _of(
        "POST",
        "user",
        "agreement",
        "create-sub-api",
        "create-sub-member",
        "del-submember",
        "delete-api",
        "delete-sub-api",
        "frozen-sub-member",
        "update-api",
        "update-sub-api",
    )
    | _of("GET", "affiliate", "aff-user-list", "affiliate-sub-list")
    | _of("GET", "announcements", "index")
)
#: money of states
_FIAT = _of(
    "GET", "fiat", "balance-query", "query-coin-list", "query-trade-history", "reference-price", "trade-query"
) | (_of("POST", "fiat", "quote-apply", "trade-execute"))

UNSERVED_ROUTES = _STATISTICS | _ENDED | _OTHER_PRODUCTS | _LOANS | _MOVES | _BEFORE_UNIFIED | _USERS | _FIAT
