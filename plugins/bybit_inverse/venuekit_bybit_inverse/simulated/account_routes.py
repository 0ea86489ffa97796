"""Routes of the account: kind and margin mode, wallet, collateral."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from venuekit.capabilities import AccountMode, MarginType
from venuekit.simulator import Denied, Response, Visit, json_response
from venuekit.simulator.ledger import BalanceFigures, Ledger, Totals
from venuekit_bybit_inverse.simulated.messages import milliseconds, money, number
from venuekit_bybit_inverse.simulated.parameters import Parameters

_MODES = {MarginType.CROSS: "REGULAR_MARGIN", MarginType.ISOLATED: "ISOLATED_MARGIN"}
_MARGIN_TYPES = {**{mode: ours for ours, mode in _MODES.items()}, "PORTFOLIO_MARGIN": MarginType.PORTFOLIO}
_STATUSES = {AccountMode.CLASSIC: 1, AccountMode.UNIFIED: 5}
#: account types of other kinds of account
_OTHER_ACCOUNTS = frozenset({"CONTRACT", "SPOT"})


def account_info(_parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/account/info``."""
    rows = visit.ledger.incomes()
    return {
        "marginMode": _MODES[visit.ledger.margin_type()],
        "updatedTime": milliseconds(rows[-1].time if rows else visit.now),
        "unifiedMarginStatus": _STATUSES[visit.ledger.account_mode],
        "dcpStatus": "OFF",
        "timeWindow": 0,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def set_margin_mode(parameters: Parameters, visit: Visit) -> Response:
    """Answer ``POST /v5/account/set-margin-mode``: for the whole account, and without a time in the envelope."""
    margin_type = _MARGIN_TYPES.get(parameters.require("setMarginMode"))
    if margin_type is None:
        raise parameters.invalid("params error: setMarginMode invalid")
    visit.ledger.set_margin_type(margin_type)
    return json_response({"retCode": 0, "retMsg": "Request accepted", "result": {"reasons": []}})


def wallet_balance(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/account/wallet-balance``."""
    kind = parameters.require("accountType")
    if kind in _OTHER_ACCOUNTS:
        raise Denied(Response(404))
    if kind != "UNIFIED":
        raise parameters.invalid("accountType only support UNIFIED.")
    coins = parameters.text("coin")
    names = None if coins is None else coins.split(",")
    shown = [
        balance
        for balance in visit.ledger.balances()
        if (balance.asset in names if names else balance.wallet or balance.unrealized_pnl)
    ]
    return {"list": [wallet_row(shown, visit.ledger)]}


def wallet_row(balances: Iterable[BalanceFigures], ledger: Ledger) -> dict[str, Any]:
    """Return the account with some of its coins."""
    return {**_totals(ledger.totals()), "coin": [_coin(balance, ledger) for balance in balances]}


def collateral_info(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/account/collateral-info``; nothing can be borrowed here."""
    currency = parameters.text("currency")
    return {"list": [_collateral(balance) for balance in visit.ledger.balances() if currency in {None, balance.asset}]}


def fee_rate(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/account/fee-rate``."""
    if parameters.category() != "inverse":
        return {"list": []}
    symbol, contracts = parameters.symbol(), visit.ledger.contracts
    rows = [
        {
            "symbol": contract.symbol,
            "takerFeeRate": number(contract.taker_fee),
            "makerFeeRate": number(contract.maker_fee),
        }
        for contract in ([contracts[symbol]] if symbol else contracts.values())
    ]
    return {"list": rows}


def key_info(_parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/user/query-api``: a key that may trade, bound to this machine."""
    read_only = visit.key is not None and visit.key.read_only
    sub_account = visit.key is not None and visit.key.sub_account
    uid = 1 if visit.key is None else visit.key.uid
    return {
        "id": "1",
        "note": "simulated",
        "apiKey": "" if visit.key is None else visit.key.key,
        "readOnly": int(read_only),
        "secret": "",
        "permissions": {
            "ContractTrade": ["Order", "Position"],
            "Spot": [],
            "Wallet": ["AccountTransfer"],
            "Options": [],
            "Derivatives": ["DerivativesTrade"],
            "CopyTrading": [],
            "BlockTrade": [],
            "Exchange": ["ExchangeHistory"],
            "NFT": [],
            "Affiliate": [],
            "Earn": [],
            "FiatP2P": [],
            "FiatConvertBroker": [],
            "FiatGlobalPay": [],
            "FiatBitPay": [],
            "BitCard": [],
            "ByXPost": [],
        },
        "ips": ["127.0.0.1"],
        "type": 1,
        "deadlineDay": -2,
        "expiredAt": "1970-01-01T00:00:00Z",
        "createdAt": "2025-10-13T03:20:45Z",
        "unified": 0,
        "uta": 1,
        "userID": uid,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": not sub_account,
        "parentUid": "1" if sub_account else "0",
        "kycLevel": "LEVEL_1",
        "kycRegion": "",
        "userIDInt64": str(uid),
        "inviterIDInt64": "0",
        "affiliateIDInt64": "0",
    }


def _totals(totals: Totals | None) -> dict[str, str]:
    """Return the account-wide figures in USD; those of a pool are empty where nothing is pooled."""
    pool = totals if totals is not None and totals.pooled else None
    initial = "" if pool is None else money(pool.initial_margin)
    maintenance = "" if pool is None else money(pool.maintenance_margin)
    initial_rate = "" if pool is None else _rate(pool.initial_margin, pool.equity)
    maintenance_rate = "" if pool is None else _rate(pool.maintenance_margin, pool.equity)
    return {
        "totalEquity": money(None if totals is None else totals.gross_equity),
        "accountIMRate": initial_rate,
        "accountIMRateByMp": initial_rate,
        "totalMarginBalance": money(None if totals is None else totals.equity),
        "totalInitialMargin": initial,
        "totalInitialMarginByMp": initial,
        "accountType": "UNIFIED",
        "totalAvailableBalance": "" if pool is None else money(pool.available),
        "accountMMRate": maintenance_rate,
        "accountMMRateByMp": maintenance_rate,
        "totalPerpUPL": money(None if totals is None else totals.unrealized_pnl),
        "totalWalletBalance": money(None if totals is None else totals.wallet),
        "accountLTV": "0",
        "totalMaintenanceMargin": maintenance,
        "totalMaintenanceMarginByMp": maintenance,
    }


def _rate(margin: Decimal, balance: Decimal) -> str:
    return money(margin / balance) if balance > 0 else ""


def _coin(balance: BalanceFigures, ledger: Ledger) -> dict[str, Any]:
    positions = [ledger.position(one.symbol) for one in ledger.contracts.values() if one.settle == balance.asset]
    realized = sum((one.total_realized_pnl + one.total_commission for one in positions), Decimal(0))
    return {
        "availableToBorrow": "",
        "bonus": "0",
        "accruedInterest": "0",
        "availableToWithdraw": "",
        "totalOrderIM": money(balance.open_order_initial_margin),
        "equity": money(balance.equity),
        "totalPositionMM": money(balance.maintenance_margin),
        "usdValue": money(balance.usd_value),
        "spotHedgingQty": "0",
        "unrealisedPnl": money(balance.unrealized_pnl),
        "collateralSwitch": balance.is_collateral,
        "borrowAmount": "0",
        "totalPositionIM": money(balance.position_initial_margin),
        "walletBalance": money(balance.wallet),
        "cumRealisedPnl": money(realized),
        "locked": "0",
        "marginCollateral": balance.index_price is not None,
        "coin": balance.asset,
        "spotBorrow": "0",
    }


def _collateral(balance: BalanceFigures) -> dict[str, Any]:
    return {
        "availableToBorrow": "0",
        "freeBorrowingAmount": "",
        "freeBorrowAmount": "0",
        "maxBorrowingAmount": "0",
        "hourlyBorrowRate": "0",
        "borrowUsageRate": "0",
        "collateralSwitch": balance.is_collateral,
        "borrowAmount": "0",
        "borrowable": False,
        "currency": balance.asset,
        "otherBorrowAmount": "0",
        "marginCollateral": balance.index_price is not None,
        "freeBorrowingLimit": "0",
        "collateralRatio": number(1 - balance.haircut),
    }
