"""Documented routes of a derivatives account that the simulator does not answer, by the reason why it does not."""

from __future__ import annotations


def _of(verb: str, root: str, *names: str) -> frozenset[tuple[str, str]]:
    return frozenset((verb, f"{root}/{name}") for name in names)


_ACCOUNT, _ASSET, _MARKET = "/v5/account", "/v5/asset", "/v5/market"
UNSERVED_ROUTES = (
    # the ledger keeps the path of marks, none of indexes, trades, open interest, insurance and other accounts
    _of("GET", _MARKET, "index-price-kline", "premium-index-price-kline", "index-price-components")
    | _of("GET", _MARKET, "recent-trade", "open-interest", "insurance", "account-ratio", "adlAlert")
    | _of("GET", _MARKET, "rpi_orderbook", "mark-price-kline", "funding/history", "price-limit", "fee-group-info")
    | _of("GET", _MARKET, "delivery-price", "new-delivery-price")
    # of options and of the spot market
    | _of("GET", _MARKET, "historical-volatility")
    | _of("GET", "/v5/order", "spot-borrow-check")
    | _of("GET", _ASSET, "coin-greeks", "settlement-record")
    | _of("GET", "/v5/position", "get-closed-positions")
    | _of("GET", _ACCOUNT, "mmp-state")
    | _of("POST", _ACCOUNT, "mmp-modify", "mmp-reset", "set-hedging-mode", "set-delta-mode")
    # the account lends and borrows nothing
    | _of("GET", _ACCOUNT, "borrow-history")
    | _of("POST", _ACCOUNT, "borrow", "repay", "no-convert-repay", "quick-repayment")
    # of accounts of another kind, and of the time before an upgrade
    | _of("GET", _ACCOUNT, "contract-transaction-log")
    | _of("POST", _ACCOUNT, "upgrade-to-uta")
    | _of("GET", "/v5/pre-upgrade", "order/history", "execution/list", "account/transaction-log")
    | _of("GET", "/v5/pre-upgrade/asset", "delivery-record", "settlement-record")
    # settings that change nothing that is simulated
    | _of("GET", _ACCOUNT, "instruments-info", "user-setting-config")
    | _of("POST", _ACCOUNT, "set-limit-px-action", "set-collateral-switch-batch", "demo-apply-money")
    | _of("POST", "/v5/order", "disconnected-cancel-all")
    | _of("POST", "/v5/position", "confirm-pending-mmr", "move-positions")
    | _of("GET", "/v5/position", "move-history")
    # transfers between wallets, deposits and withdrawals: the ledger's own commands make their records
    | _of("GET", _ASSET, "asset-overview", "delivery-record", "fundinghistory", "coin/query-info")
    | _of("GET", f"{_ASSET}/transfer", "query-asset-info", "query-account-coins-balance", "query-account-coin-balance")
    | _of("GET", f"{_ASSET}/transfer", "query-transfer-coin-list", "query-inter-transfer-list")
    | _of("GET", f"{_ASSET}/transfer", "query-sub-member-list", "query-universal-transfer-list")
    | _of("POST", f"{_ASSET}/transfer", "inter-transfer", "universal-transfer", "save-transfer-sub-member")
    | _of("GET", f"{_ASSET}/deposit", "query-allowed-list", "query-record", "query-sub-member-record")
    | _of("GET", f"{_ASSET}/deposit", "query-internal-record", "query-address", "query-sub-member-address")
    | _of("POST", f"{_ASSET}/deposit", "deposit-to-account")
    | _of("GET", f"{_ASSET}/withdraw", "query-address", "withdrawable-amount", "vasp/list")
    | _of("POST", f"{_ASSET}/withdraw", "create", "cancel")
    # conversions are made by the ledger's own command
    | _of("GET", f"{_ASSET}/exchange", "query-coin-list", "convert-result-query")
    | _of("POST", f"{_ASSET}/exchange", "quote-apply", "convert-execute")
    | _of("GET", f"{_ASSET}/covert", "small-balance-list", "small-balance-history")
    | _of("POST", f"{_ASSET}/covert", "get-quote", "small-balance-execute")
    # fiat money
    | _of(
        "GET", "/v5/fiat", "balance-query", "query-coin-list", "query-trade-history", "reference-price", "trade-query"
    )
    | _of("POST", "/v5/fiat", "quote-apply", "trade-execute")
    # users, keys and sub-accounts are given, not made by requests
    | _of("GET", "/v5/user", "query-sub-members", "submembers", "sub-apikeys", "get-member-type", "escrow_sub_members")
    | _of("GET", "/v5/user", "aff-customer-info", "invitation/referrals")
    | _of("POST", "/v5/user", "create-sub-member", "del-submember", "frozen-sub-member", "create-sub-api")
    | _of("POST", "/v5/user", "update-api", "update-sub-api", "delete-api", "delete-sub-api", "agreement")
    | _of("GET", "/v5/affiliate", "aff-user-list", "affiliate-sub-list")
    # news
    | _of("GET", "/v5/announcements", "index")
)
