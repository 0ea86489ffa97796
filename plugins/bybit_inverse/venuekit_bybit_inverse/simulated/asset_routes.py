"""Routes of what the account owns: amounts to transfer, coins by wallet, deliveries, kinds of accounts."""

from __future__ import annotations

from typing import Any

from venuekit.simulator import Visit
from venuekit.simulator.ledger import BalanceFigures
from venuekit_bybit_inverse.endpoints.account import COINS_AT_MOST
from venuekit_bybit_inverse.simulated.market_routes import instruments
from venuekit_bybit_inverse.simulated.messages import money
from venuekit_bybit_inverse.simulated.parameters import Parameters

_UNIFIED = "UNIFIED"
#: the wallets of a unified account; the one for funding is empty
_WALLETS = frozenset({_UNIFIED, "FUND"})


def transferable(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/account/withdrawal``: the amount of each coin that can leave the account."""
    names = _split(parameters.require("coinName"))
    if len(names) > COINS_AT_MOST:
        raise parameters.invalid("params error: coinName has too many coins")
    balances = {balance.asset: balance for balance in visit.ledger.balances()}
    amounts = {name: money(balances[name].withdrawable) if name in balances else "0" for name in names}
    return {"availableWithdrawal": amounts[names[0]], "availableWithdrawalMap": amounts}


def account_instruments(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/account/instruments-info``: the account may trade every contract."""
    parameters.count("limit", usual=200, most=200)
    return instruments(parameters, visit)


def coin_balances(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/asset/transfer/query-account-coins-balance``: a coin must be named for the unified wallet."""
    wallet = _wallet(parameters)
    names = _split(parameters.require("coin") if wallet == _UNIFIED else parameters.text("coin") or "")
    rows = [_coin(name, wallet, visit) for name in names]
    return {"memberId": _uid(visit), "accountType": wallet, "balance": rows}


def coin_balance(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/asset/transfer/query-account-coin-balance``."""
    wallet = _wallet(parameters)
    row = {**_coin(parameters.require("coin"), wallet, visit), "transferSafeAmount": "", "ltvTransferSafeAmount": ""}
    return {"accountType": wallet, "bizType": 1, "accountId": _uid(visit), "memberId": _uid(visit), "balance": row}


def coins(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/asset/coin/query-info``: each coin has one chain, which is called as it is and costs nothing."""
    name = parameters.text("coin")
    return {"rows": [_chained(one.asset) for one in visit.ledger.balances() if name in {None, one.asset}]}


def deliveries(parameters: Parameters, _visit: Visit) -> object:
    """Answer ``GET /v5/asset/delivery-record``: no contract is delivered here."""
    return {**parameters.page([], usual=20, most=50), "category": parameters.category()}


def member_types(parameters: Parameters, visit: Visit) -> object:
    """Answer ``GET /v5/user/get-member-type``: every account is a unified one."""
    names = _split(parameters.text("memberIds") or _uid(visit))
    return {"accounts": [{"uid": name, "accountType": sorted(_WALLETS, reverse=True)} for name in names]}


def _wallet(parameters: Parameters) -> str:
    wallet = parameters.require("accountType")
    if wallet not in _WALLETS:
        raise parameters.invalid("params error: accountType invalid")
    return wallet


def _coin(name: str, wallet: str, visit: Visit) -> dict[str, Any]:
    held: BalanceFigures | None = None
    if wallet == _UNIFIED:
        held = next((balance for balance in visit.ledger.balances() if balance.asset == name), None)
    return {
        "coin": name,
        "transferBalance": "0" if held is None else money(held.withdrawable),
        "walletBalance": "0" if held is None else money(held.wallet),
        "bonus": "0",
    }


def _chained(name: str) -> dict[str, Any]:
    chain = {
        "chain": name,
        "chainType": name,
        "confirmation": "1",
        "withdrawFee": "0",
        "depositMin": "0",
        "withdrawMin": "0",
        "minAccuracy": "8",
        "chainDeposit": "1",
        "chainWithdraw": "1",
        "withdrawPercentageFee": "0",
        "contractAddress": "",
        "safeConfirmNumber": "1",
    }
    return {"name": name, "coin": name, "remainAmount": "10000000", "chains": [chain]}


def _uid(visit: Visit) -> str:
    return "1" if visit.key is None else str(visit.key.uid)


def _split(names: str) -> list[str]:
    return [name for name in names.split(",") if name]
