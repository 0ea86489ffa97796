"""The routes that the client does not use: what each answers, which are refused, and which are not simulated."""

from __future__ import annotations

import json
import logging
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from plugins.bybit_inverse.tests.bybit_asking import INVERSE, Ask

from venuekit.capabilities import MarginType
from venuekit.errors import VenueError
from venuekit.simulator import Simulation
from venuekit_bybit_inverse.endpoints import BYBIT
from venuekit_bybit_inverse.simulated.unserved import UNSERVED_ROUTES
from venuekit_bybit_inverse.simulated.venue import SimulatedBybit

D = Decimal
VENUE = "bybit_inverse"
BTC = {**INVERSE, "symbol": "BTCUSD"}


async def test_transferable_amounts(ask: Ask, sim: Simulation) -> None:
    """The first coin's is told twice; a coin that is not there has none."""
    answer = (await ask("GET", "/v5/account/withdrawal", {"coinName": "BTC,USDT,DOGE"}))["result"]
    amounts = answer["availableWithdrawalMap"]
    assert list(amounts) == ["BTC", "USDT", "DOGE"]
    assert answer["availableWithdrawal"] == amounts["BTC"]
    assert D(amounts["BTC"]) == sim.ledger.balance("BTC").withdrawable
    assert (amounts["USDT"], amounts["DOGE"]) == ("50000", "0")


async def test_coins_by_wallet(ask: Ask, sim: Simulation) -> None:
    """The unified wallet holds them all, the one for funding nothing."""
    path = "/v5/asset/transfer/query-account-coins-balance"
    (row,) = (await ask("GET", path, {"accountType": "UNIFIED", "coin": "BTC"}))["result"]["balance"]
    assert (row["coin"], D(row["walletBalance"])) == ("BTC", round(sim.ledger.balance("BTC").wallet, 8))
    (other,) = (await ask("GET", path, {"accountType": "FUND", "coin": "BTC"}))["result"]["balance"]
    assert other["walletBalance"] == "0"
    single = await ask("GET", path.replace("coins", "coin"), {"accountType": "UNIFIED", "coin": "BTC"})
    assert single["result"]["balance"]["transferBalance"] == row["transferBalance"]


async def test_coins_and_their_chains(ask: Ask, sim: Simulation) -> None:
    """All coins of the account, or one of them; each can be moved over one chain."""
    rows = (await ask("GET", "/v5/asset/coin/query-info", {}))["result"]["rows"]
    assert [row["coin"] for row in rows] == [balance.asset for balance in sim.ledger.balances()]
    (row,) = (await ask("GET", "/v5/asset/coin/query-info", {"coin": "ETH"}))["result"]["rows"]
    assert [(one["chain"], one["chainDeposit"]) for one in row["chains"]] == [("ETH", "1")]
    assert (await ask("GET", "/v5/asset/coin/query-info", {"coin": "NOPE"}))["result"] == {"rows": []}


async def test_instruments_of_the_account(ask: Ask) -> None:
    """They are those of the market."""
    own = (await ask("GET", "/v5/account/instruments-info", INVERSE))["result"]
    assert own == (await ask("GET", "/v5/market/instruments-info", INVERSE))["result"]


@pytest.mark.parametrize(
    ("path", "parameters", "expected"),
    [
        ("/v5/account/smp-group", {}, {"smpGroup": 0}),
        ("/v5/system/status", {}, {"list": []}),
        (
            "/v5/account/query-dcp-info",
            {},
            {"dcpInfos": [{"product": "DERIVATIVES", "dcpStatus": "ON", "timeWindow": "10"}]},
        ),
        ("/v5/asset/delivery-record", INVERSE, {"list": [], "nextPageCursor": "", "category": "inverse"}),
        (
            "/v5/user/get-member-type",
            {"memberIds": "7,8"},
            {"accounts": [{"uid": name, "accountType": ["UNIFIED", "FUND"]} for name in ("7", "8")]},
        ),
    ],
)
async def test_short_answers(ask: Ask, path: str, parameters: dict[str, Any], expected: object) -> None:
    """What there is little to tell of."""
    assert (await ask("GET", path, parameters))["result"] == expected


async def test_collateral_is_switched(ask: Ask, sim: Simulation) -> None:
    """One coin, or several of which none is switched where one is refused."""
    await ask("POST", "/v5/account/set-collateral-switch", {"coin": "ETH", "collateralSwitch": "OFF"})
    assert not sim.ledger.balance("ETH").is_collateral
    rows = (await ask("GET", "/v5/account/collateral-info", {"currency": "ETH"}))["result"]["list"]
    assert rows[0]["collateralSwitch"] is False
    items = [{"coin": "ETH", "collateralSwitch": "ON"}, {"coin": "BTC", "collateralSwitch": "OFF"}]
    answer = await ask("POST", "/v5/account/set-collateral-switch-batch", {"request": items})
    assert answer["result"]["list"] == items
    assert (sim.ledger.balance("ETH").is_collateral, sim.ledger.balance("BTC").is_collateral) == (True, False)
    refused = [{"coin": "BTC", "collateralSwitch": "ON"}, {"coin": "USDT", "collateralSwitch": "OFF"}]
    with pytest.raises(VenueError, match="coin invalid USDT"):
        await ask("POST", "/v5/account/set-collateral-switch-batch", {"request": refused})
    assert not sim.ledger.balance("BTC").is_collateral


async def test_cross_margin_needs_its_settle_coin(ask: Ask, sim: Simulation) -> None:
    """Without it as collateral an order is refused at once."""
    sim.ledger.set_margin_type(MarginType.CROSS)
    await ask("POST", "/v5/account/set-collateral-switch", {"coin": "ETH", "collateralSwitch": "OFF"})
    order = {**INVERSE, "symbol": "ETHUSD", "side": "Buy", "orderType": "Market", "qty": "100"}
    with pytest.raises(VenueError) as caught:
        await ask("POST", "/v5/order/create", order)
    assert caught.value.code == 110101


async def test_windows_of_disconnection_are_kept(ask: Ask) -> None:
    """By product; the last one that was set counts."""
    for product, seconds in (("DERIVATIVES", 40), ("SPOT", 10), ("DERIVATIVES", 5)):
        answer = await ask("POST", "/v5/order/disconnected-cancel-all", {"product": product, "timeWindow": seconds})
        assert answer == {"retCode": 0, "retMsg": "success"}
    infos = (await ask("GET", "/v5/account/query-dcp-info", {}))["result"]["dcpInfos"]
    assert [(info["product"], info["dcpStatus"], info["timeWindow"]) for info in infos] == [
        ("DERIVATIVES", "ON", "5"),
        ("SPOT", "ON", "10"),
    ]


ORDER = {**BTC, "side": "Buy", "orderType": "Market", "qty": "100"}
REFUSALS: list[tuple[str, str, dict[str, Any], int]] = [
    ("POST", "/v5/position/set-auto-add-margin", {**BTC, "autoAddMargin": 1}, 10001),
    ("POST", "/v5/position/set-auto-add-margin", {"category": "linear", "symbol": "BTCUSDT"}, 10001),
    ("POST", "/v5/position/confirm-pending-mmr", BTC, 110082),
    ("POST", "/v5/order/pre-check", ORDER, 10001),
    ("POST", "/v5/account/set-collateral-switch", {"coin": "USDT", "collateralSwitch": "OFF"}, 10001),
    ("POST", "/v5/account/set-collateral-switch", {"coin": "DOGE", "collateralSwitch": "ON"}, 10001),
    ("POST", "/v5/account/set-collateral-switch", {"coin": "BTC", "collateralSwitch": "on"}, 10001),
    ("POST", "/v5/account/set-collateral-switch-batch", {"request": []}, 10001),
    ("POST", "/v5/order/disconnected-cancel-all", {"timeWindow": 2}, 10001),
    ("POST", "/v5/order/disconnected-cancel-all", {"timeWindow": 301}, 10001),
    ("POST", "/v5/order/disconnected-cancel-all", {"product": "FUTURES", "timeWindow": 10}, 10001),
    ("GET", "/v5/account/withdrawal", {}, 10001),
    ("GET", "/v5/account/withdrawal", {"coinName": ",".join(["BTC"] * 21)}, 10001),
    ("GET", "/v5/asset/transfer/query-account-coins-balance", {"accountType": "UNIFIED"}, 10001),
    ("GET", "/v5/asset/transfer/query-account-coin-balance", {"accountType": "CONTRACT", "coin": "BTC"}, 10001),
    ("GET", "/v5/account/instruments-info", {**INVERSE, "limit": 201}, 10001),
]


@pytest.mark.parametrize(("verb", "path", "parameters", "code"), REFUSALS)
async def test_refused(  # noqa: PLR0917
    ask: Ask, sim: Simulation, verb: str, path: str, parameters: dict[str, Any], code: int
) -> None:
    """Each has its code, and changes nothing."""
    before = sim.ledger.snapshot()
    with pytest.raises(VenueError) as caught:
        await ask(verb, path, parameters)
    assert caught.value.code == code
    assert sim.ledger.snapshot() == before


async def asked(sim: Simulation, verb: str, path: str) -> tuple[int, bytes]:
    """Return status and body of an answer to a request that nobody signed."""
    async with aiohttp.ClientSession() as session, session.request(verb, sim.rest(VENUE) + path) as response:
        return response.status, await response.read()


async def test_documented_routes_that_are_not_simulated(sim: Simulation, caplog: pytest.LogCaptureFixture) -> None:
    """501 in the venue's envelope, and a warning that names each."""
    for verb, path in sorted(UNSERVED_ROUTES):
        caplog.clear()
        with caplog.at_level(logging.WARNING, "venuekit.simulator"):
            status, body = await asked(sim, verb, path)
        assert (status, json.loads(body)["retMsg"]) == (501, "not served by the simulator")
        assert json.loads(body).keys() == {"retCode", "retMsg", "result", "retExtInfo", "time"}
        assert f"bybit_inverse: {verb} {path} is not served by the simulator" in caplog.text


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [("GET", "/v5/nowhere", 404), ("GET", "/", 404), ("POST", "/v5/market/tickers", 400)],
)
async def test_unknown_paths_have_bare_answers(sim: Simulation, verb: str, path: str, status: int) -> None:
    """404 for a path that is not documented, 400 for a known one with another verb."""
    assert await asked(sim, verb, path) == (status, b"")


def test_no_route_is_in_two_lists() -> None:
    """What is served is neither refused as a whole nor told not to be simulated; the client's routes are served."""
    simulated = SimulatedBybit()
    served = {(route.verb, route.path) for route in simulated.extra_routes()}
    clients = {(endpoint.verb, endpoint.path) for endpoint in BYBIT}
    lists = [served, clients, set(simulated.refusals), set(simulated.unserved)]
    assert sum(map(len, lists)) == len(set().union(*lists))
