"""The choice to pay commissions in BNB: read, changed, and seen in fills and income."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from tests.plugins.binance.exchange import Exchange

from venuekit.simulator import make_key
from venuekit.simulator.ledger import Side
from venuekit_binance_usdm.endpoints import USDM

D = Decimal

PATH = "/fapi/v1/feeBurn"


def answered(exchange: Exchange, verb: str, path: str, **parameters: Any) -> Any:
    """Return the answer to a signed request, which must be a success."""
    response = exchange.ask(verb, path, **parameters)
    assert response.status == 200, response.body
    return json.loads(response.body)


def test_choice_is_read_and_changed(flat: Exchange) -> None:
    """It is off at first; the same value again is accepted; the account of the second version has it, too."""
    assert answered(flat, "GET", PATH) == {"feeBurn": False}

    for _ in range(2):
        assert answered(flat, "POST", PATH, feeBurn="true") == {"code": 200, "msg": "success"}

    assert answered(flat, "GET", PATH) == {"feeBurn": True}
    assert answered(flat, "GET", "/fapi/v2/account")["feeBurn"] is True
    assert flat.ledger.pays_fee_asset
    answered(flat, "POST", PATH, feeBurn="false")
    assert answered(flat, "GET", "/fapi/v2/account")["feeBurn"] is False


@pytest.mark.parametrize("parameters", [{}, {"feeBurn": ""}, {"feeBurn": "yes"}])
def test_malformed_choice_is_refused(flat: Exchange, parameters: dict[str, str]) -> None:
    """It is a flag in words."""
    words = "Mandatory parameter 'feeBurn' was not sent, was empty/null, or malformed."

    assert flat.refusal("POST", PATH, **parameters) == (400, -1102, words)


def test_read_only_key_cannot_choose(flat: Exchange) -> None:
    """The change is a write."""
    key = make_key(0, read_only=True)

    assert flat.refusal("POST", PATH, key=key.key, secret=key.secret, feeBurn="true")[1] == -2015
    assert answered(flat, "GET", PATH, key=key.key, secret=key.secret) == {"feeBurn": False}


def test_read_weighs_thirty_and_the_change_one(flat: Exchange) -> None:
    """Both count in the pool of the address."""
    assert flat.ask("GET", PATH).headers["X-MBX-USED-WEIGHT-1M"] == "30"
    assert flat.ask("POST", PATH, feeBurn="true").headers["X-MBX-USED-WEIGHT-1M"] == "31"


def test_commission_is_paid_in_bnb_while_there_is_enough(flat: Exchange) -> None:
    """Fill and income name the asset that paid, at nine tenths of the rate; without BNB it is the quote asset again."""
    ledger = flat.ledger
    price = ledger.balance("BNB").index_price
    assert price is not None
    deposit = round(D(2) / price, 8)
    ledger.deposit("BNB", deposit)
    answered(flat, "POST", PATH, feeBurn="true")

    ledger.fill("ETHUSDT", Side.BUY, D(1), D(3000))  # 1.5 USDT at the taker's rate, 1.35 in BNB
    ledger.fill("ETHUSDT", Side.BUY, D(1), D(3000))

    first, second = flat.fetch(USDM.ORDERS.trades, symbol="ETHUSDT")
    in_bnb = ledger.fills("ETHUSDT")[0].commission
    assert abs(in_bnb * price + D("1.35")) < D("0.00001")
    assert (D(first["commission"]), first["commissionAsset"]) == (-in_bnb, "BNB")
    assert (D(second["commission"]), second["commissionAsset"]) == (D("1.5"), "USDT")
    rows = flat.fetch(USDM.INCOME, incomeType="COMMISSION")
    assert [(D(row["income"]), row["asset"]) for row in rows] == [(in_bnb, "BNB"), (D("-1.5"), "USDT")]
    balances = {row["asset"]: D(row["balance"]) for row in flat.fetch(USDM.BALANCE)}
    assert balances["BNB"] == deposit + in_bnb
