"""Every command does in the simulation what it says, and a wrong one changes nothing and says what was expected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.core.simulator.control.stand import Stand

from venuekit.simulator import Simulation
from venuekit.simulator.control import COMMANDS, ControlServer
from venuekit.simulator.ledger import LedgerOrderRequest, Side
from venuekit.simulator.script_kinds import KINDS
from venuekit.simulator.stream_kinds import STREAM_KINDS
from venuekit_toy_perp.venue import TOY_PERP


@pytest.fixture
async def twins() -> AsyncIterator[Stand]:
    """Two venues of the same symbols, with an account each."""
    twin = attrs.evolve(TOY_PERP, id="toy_twin", realm="twin")
    async with Simulation((TOY_PERP, twin)) as sim, ControlServer(sim, port=0) as control:
        yield Stand(sim, control)


async def test_mark_moves_every_account(stand: Any) -> None:
    """A mark is of the market: each account has it, and the answer is the mark afterwards."""
    told = await stand.tell("mark", symbol="TOYUSD", price="110.5")

    assert told.json == {"marks": [{"venue": "toy_perp", "symbol": "TOYUSD", "mark": "110.5"}]}
    marks = [stand.sim.ledger_of("toy_perp", account=one).mark("TOYUSD") for one in stand.sim.accounts]
    assert marks == [Decimal("110.5")] * 2


async def test_mark_at_every_venue_or_one(twins: Any) -> None:
    """Without a venue, every venue that trades the symbol has the new mark."""
    both = await twins.tell("mark", symbol="TOYUSD", price=110)
    one = await twins.tell("mark", symbol="TOYUSD", price=120, venue="toy_twin")

    assert [mark["venue"] for mark in both.json["marks"]] == ["toy_perp", "toy_twin"]
    assert [mark["mark"] for mark in one.json["marks"]] == ["120"]
    assert [twins.sim.ledger_of(venue).mark("TOYUSD") for venue in ("toy_perp", "toy_twin")] == [110, 120]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"symbol": "TOYUSD", "price": 0}, "price: expected a price above 0, not 0"),
        ({"symbol": "TOYUSD", "price": "-1"}, "price: expected a price above 0, not -1"),
        ({"symbol": "TOYUSD", "price": "100.05"}, "price: expected a multiple of the tick 0.1, as 100.0, not 100.05"),
        ({"symbol": "TOYUSD", "price": "1e2x"}, "price: expected a number in plain digits, not '1e2x'"),
        ({"symbol": "TOYUSS", "price": 1}, "symbol: no simulated venue has TOYUSS; did you mean TOYUSD?"),
        (
            {"symbol": "X", "price": 1, "venue": "toy_perp"},
            "symbol: toy_perp has no X; there are TOYUSD, GEMUSD",
        ),
        (
            {"symbol": "TOYUSD", "price": 1, "venue": "toy_prep"},
            "venue: 'toy_prep' is not simulated here; did you mean toy_perp?",
        ),
    ],
)
async def test_a_wrong_mark(stand: Any, fields: dict[str, Any], error: str) -> None:
    """Status 400, the field, the expected value; the mark stays."""
    told = await stand.tell("mark", **fields)

    assert (told.status, told.error) == (400, error)
    assert stand.sim.ledger.mark("TOYUSD") == 100


async def test_index_moves_every_contract_of_a_base(twins: Any) -> None:
    """An index price moves the contracts of its base at every venue; an unknown base and a wrong price move nothing."""
    told = await twins.tell("index", base="TOY", price="55")
    unknown, wrong = await twins.tell("index", base="TOYS", price=1), await twins.tell("index", base="TOY", price=0)

    marks = [{"venue": venue, "symbol": "TOYUSD", "mark": "55.0"} for venue in ("toy_perp", "toy_twin")]
    assert told.json == {"index": "55", "marks": marks}
    assert (unknown.status, "did you mean TOY?" in unknown.error) == (400, True)
    assert (wrong.status, wrong.error) == (400, "price: expected a number above 0, not 0")
    assert [twins.sim.ledger_of(venue).mark("TOYUSD") for venue in ("toy_perp", "toy_twin")] == [55, 55]


async def test_fund(stand: Any) -> None:
    """Funding is paid at the mark by each account's position."""
    told = await stand.tell("fund", symbol="TOYUSD", rate="-0.001")

    payments = told.json["payments"]
    assert [(one["account"], one["asset"], Decimal(one["amount"])) for one in payments] == [
        ("1", "USD", 10),
        ("2", "USD", 10),
    ]


@pytest.mark.parametrize("rate", ["1.1", "-1e3", "1e80"])
async def test_a_rate_of_more_than_the_whole_value(stand: Any, rate: str) -> None:
    """Status 400 with the bounds, and nobody pays."""
    told = await stand.tell("fund", symbol="TOYUSD", rate=rate)

    assert (told.status, told.error) == (400, f"rate: expected a number in plain digits from -1 to 1, not '{rate}'")
    assert stand.sim.ledger.fundings() == ()


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("deposit", {"asset": "USD", "amount": "1e80"}),
        ("fill", {"symbol": "TOYUSD", "side": "buy", "quantity": "1e80"}),
        ("fill", {"symbol": "TOYUSD", "side": "buy", "quantity": 1, "price": "1e80"}),
        ("mark", {"symbol": "TOYUSD", "price": "1e80"}),
        ("index", {"base": "TOY", "price": "1e80"}),
        ("index", {"base": "TOY", "price": "1e-80"}),
    ],
)
async def test_numbers_that_no_ledger_computes_with(stand: Any, command: str, fields: dict[str, Any]) -> None:
    """Status 400 with the bounds, and the account does not change."""
    before = stand.sim.ledger.snapshot()
    told = await stand.tell(command, **fields)

    assert (told.status, "expected 0, or a number from 1e-18 to below 1e15" in told.error) == (400, True)
    assert stand.sim.ledger.snapshot() == before


async def test_fill_an_order(stand: Any) -> None:
    """An order is filled by id or client id, in part and then the rest; once ended it is not."""
    order = stand.sim.ledger.place(
        LedgerOrderRequest(symbol="GEMUSD", side=Side.BUY, quantity=Decimal(3), price=Decimal(19), client_id="mine")
    )
    part = await stand.tell("fill", order=int(order.id), quantity="1", price="18.5")
    rest = await stand.tell("fill", order="mine")
    ended = await stand.tell("fill", order="mine")
    unknown = await stand.tell("fill", order="yours")

    assert [(one.json["fill"]["quantity"], one.json["fill"]["price"]) for one in (part, rest)] == [
        ("1", "18.5"),
        ("2", "19"),
    ]
    assert stand.sim.ledger.position("GEMUSD").quantity == 3
    assert ended.error == f"order: order {order.id} is filled in the plain book, where nothing fills it"
    assert unknown.error == "order: there is no order with the id or client id 'yours'"


async def test_an_order_that_two_venues_have(twins: Any) -> None:
    """Ids are those of an account; the venue tells them apart."""
    for venue in ("toy_perp", "toy_twin"):
        twins.sim.ledger_of(venue).place(
            LedgerOrderRequest(symbol="GEMUSD", side=Side.BUY, quantity=Decimal(3), price=Decimal(19), client_id="mine")
        )
    either = await twins.tell("fill", order="mine")
    one = await twins.tell("fill", order="mine", venue="toy_twin")

    assert either.error == "venue: order mine is found at toy_perp, toy_twin; name one of them"
    assert one.json["venue"] == "toy_twin"


async def test_trade_without_an_order(stand: Any) -> None:
    """At the mark, or at any price, in the account that is named and in no other one."""
    first = await stand.tell("fill", symbol="GEMUSD", side="sell", quantity=2, account="2")
    second = await stand.tell("fill", symbol="GEMUSD", side="buy", quantity="1", price="21.5", account="2")

    assert [one.json["fill"]["price"] for one in (first, second)] == ["20", "21.5"]
    assert [stand.sim.ledger_of("toy_perp", account=one).position("GEMUSD").quantity for one in "12"] == [0, -1]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "expected either order, to fill one, or symbol, side and quantity, to trade without one"),
        ({"order": "1", "symbol": "GEMUSD"}, "expected either order, to fill one, or symbol, side and quantity"),
        ({"symbol": "GEMUSD", "side": "buy"}, "quantity: it is missing; a trade without an order has symbol, side"),
        ({"order": "1", "side": "buy"}, "side: an order has its own; leave it out"),
        ({"symbol": "GEMUSD", "side": "long", "quantity": 1}, "side: expected one of buy, sell, not 'long'"),
        ({"symbol": "GEMUSD", "side": "buy", "quantity": -1}, "the ledger refuses: amount_not_positive (value=-1)"),
        ({"order": "1", "account": "9"}, "account: there is no account '9'; there are 1, 2"),
    ],
)
async def test_a_wrong_fill(stand: Any, fields: dict[str, Any], error: str) -> None:
    """Status 400, and no trade."""
    told = await stand.tell("fill", **fields)

    assert told.status == 400
    assert told.error.startswith(error)
    assert len(stand.sim.ledger.fills()) == 1


async def test_liquidate(stand: Any) -> None:
    """A position with enough margin is closed as by a liquidation; a flat one is refused in the ledger's words."""
    told = await stand.tell("liquidate", symbol="TOYUSD")
    again = await stand.tell("liquidate", symbol="TOYUSD")

    assert (told.json["order"]["forced"], told.json["order"]["filled"]) == ("liquidation", "100")
    assert [stand.sim.ledger_of("toy_perp", account=one).position("TOYUSD").quantity for one in "12"] == [0, 100]
    assert again.error == "the ledger refuses: flat_position (symbol=TOYUSD, side=both)"


async def test_deposit(stand: Any) -> None:
    """Money comes and goes; more than there is does not."""
    before = stand.sim.ledger.balance("USD").wallet
    told = await stand.tell("deposit", asset="USD", amount="0.10")
    out = await stand.tell("deposit", asset="USD", amount=-100)
    too_much = await stand.tell("deposit", asset="USD", amount="-1000000")
    unknown = await stand.tell("deposit", asset="USDD", amount="1")

    assert (told.json["venue"], Decimal(told.json["balance"]["wallet"])) == ("toy_perp", before + Decimal("0.1"))
    assert Decimal(out.json["balance"]["wallet"]) == before - Decimal("99.9")
    assert too_much.error.startswith("the ledger refuses: insufficient_balance (asset=USD, amount=-1000000")
    assert unknown.error == "asset: no wallet holds USDD; did you mean USD?"


async def test_deposit_at_two_venues(twins: Any) -> None:
    """Where several wallets hold an asset, the venue is named."""
    either = await twins.tell("deposit", asset="USD", amount=1)
    one = await twins.tell("deposit", asset="USD", amount=1, venue="toy_twin")

    assert either.error == "venue: USD is held at toy_perp, toy_twin; name one of them"
    assert one.json["venue"] == "toy_twin"


async def test_skew(stand: Any) -> None:
    """The venues' clocks run ahead by so many seconds, and back at 0."""
    told = await stand.tell("skew", seconds="-1.5")

    assert ([*stand.sim._offsets.values()], list(told.json)) == ([-1500], ["time"])


async def test_scripts(stand: Any, toy: Any) -> None:
    """A disturbance waits, is shown, is played once; what still waits can be cleared."""
    dropped = await stand.tell("drop", route="GET /v1/wallet", after=True)
    await stand.tell("answer", route="GET /v1/wallet", status=503, body={"error": {"code": 1}}, times=2)
    shown = await stand.tell("show", what="script")
    async with toy(stand.sim) as client:
        replies = [await client.send("GET", "/v1/wallet") for _ in range(2)]
        await stand.tell("clear", what="script")
        replies.append(await client.send("GET", "/v1/wallet"))
    wrong = await stand.tell("drop", route="GET /v1/walet")

    assert dropped.json == {"venues": ["toy_perp"], "route": "GET /v1/wallet", "times": 1}
    assert [row["attempt"].partition("(")[0] for row in shown.json] == ["DropAfter", "CannedAnswer", "CannedAnswer"]
    assert [reply.status for reply in replies] == [None, 503, 200]
    assert wrong.error.startswith("route: no simulated venue has GET /v1/walet; the nearest are GET /v1/wallet")


async def test_requests_without_secrets(stand: Any, toy: Any) -> None:
    """The log of requests has route, parameters and fate, no header, signature or key; the newest on demand."""
    async with toy(stand.sim) as client:
        await client.send("GET", "/v1/settings", contract="TOYUSD", secret="hush")
        await client.send("GET", "/v1/wallet")
    told = await stand.tell("requests")
    newest = await stand.tell("requests", last=1, venue="toy_perp")
    await stand.tell("clear", what="requests")

    assert [(row["route"], row["applied"], row["status"]) for row in told.json] == [
        ("GET /v1/settings", True, 200),
        ("GET /v1/wallet", True, 200),
    ]
    parameters = told.json[0]["parameters"]
    assert (parameters["contract"], parameters["secret"], "signature" in parameters) == ("TOYUSD", "***", False)
    assert stand.sim.key not in str(told.json)
    assert (newest.json, stand.sim.requests) == (told.json[1:], [])


async def test_show(stand: Any) -> None:
    """The true state has every account unless one is named, each row with its venue and account."""
    positions = await stand.tell("show", what="positions")
    own = await stand.tell("show", what="balances", account="1")
    marks = await stand.tell("show", what="marks", venue="toy_perp")
    accounts = await stand.tell("show", what="accounts")
    settings = await stand.tell("show", what="settings", account="2")
    orders = await stand.tell("show", what="orders", account="2")
    fills = await stand.tell("show", what="fills", account="2")
    answers = await stand.tell("show", what="answers")
    wrong = await stand.tell("show", what="position")

    assert [(row["venue"], row["account"], row["quantity"]) for row in positions.json] == [
        ("toy_perp", "1", "100"),
        ("toy_perp", "2", "100"),
    ]
    assert [(row["account"], row["asset"]) for row in own.json] == [("1", "USD")]
    assert [(row["symbol"], row["mark"]) for row in marks.json] == [("TOYUSD", "100"), ("GEMUSD", "20")]
    assert [(row["account"], row["position_mode"]) for row in accounts.json] == [("1", "one_way"), ("2", "one_way")]
    assert [(row["symbol"], row["leverage"], row["margin_type"]) for row in settings.json] == [
        ("TOYUSD", "10", "isolated"),
        ("GEMUSD", "10", "cross"),
    ]
    assert [(row["status"], row["side"]) for row in orders.json] == [("filled", "buy")]
    assert [(row["order_id"], row["quantity"]) for row in fills.json] == [(orders.json[0]["id"], "100")]
    assert [(row["name"], row["executed"]) for row in answers.json] == [("not-known", None), ("busy", False)]
    assert wrong.error.endswith("not 'position'; did you mean positions?")


async def test_another_client_cancels(stand: Any) -> None:
    """One order by its id or client id, or all of a symbol; either is named, and an order that ended is refused."""
    for number in range(3):
        request = LedgerOrderRequest(
            symbol="TOYUSD", side=Side.BUY, quantity=Decimal(1), price=Decimal(50), client_id=f"bid-{number}"
        )
        stand.sim.ledger.place(request)
    one = await stand.tell("cancel", order="bid-1")
    again = await stand.tell("cancel", order="bid-1")
    rest = await stand.tell("cancel", symbol="TOYUSD")
    neither = await stand.tell("cancel")

    assert [order["client_id"] for order in one.json["orders"]] == ["bid-1"]
    assert (again.status, again.error.startswith("the ledger refuses: order_finished")) == (400, True)
    assert [order["client_id"] for order in rest.json["orders"]] == ["bid-0", "bid-2"]
    assert neither.error == "expected either order, to cancel one, or symbol, to cancel all of it"
    assert stand.sim.ledger.open_orders("TOYUSD") == ()


async def test_another_client_sets_leverage(stand: Any) -> None:
    """It is that of the symbol; a wrong one is refused as the venue's rules say."""
    told = await stand.tell("leverage", symbol="GEMUSD", leverage=7)
    wrong = await stand.tell("leverage", symbol="GEMUSD", leverage=100000)

    assert told.json == {"venue": "toy_perp", "symbol": "GEMUSD", "leverage": "7"}
    assert (wrong.status, wrong.error.startswith("the ledger refuses: invalid_leverage")) == (400, True)
    assert stand.sim.ledger.leverage("GEMUSD") == 7


async def test_random_disturbances(stand: Any, toy: Any) -> None:
    """A share of all attempts is disturbed, until it is 0; each request says what it met."""
    told = await stand.tell("random", rate=1, seed=3, route="GET /v1/wallet")
    async with toy(stand.sim) as client:
        for _ in range(4):
            await client.send("GET", "/v1/wallet")
        await client.send("GET", "/v1/settings")
        met = [row["disturbances"] for row in (await stand.tell("requests")).json]
        await stand.tell("random", rate=0)
        ended = await client.send("GET", "/v1/wallet")
    wrong = await stand.tell("random", rate=2)
    nowhere = await stand.tell("random", rate=1, route="GET /v1/walet")

    assert told.json == {"rate": "1", "seed": 3, "route": "GET /v1/wallet"}
    assert [len(one) for one in met] == [1, 1, 1, 1, 0]
    assert ended.status == 200
    assert wrong.error == "rate: expected a number in plain digits from 0 to 1, not 2"
    assert nowhere.error.startswith("route: no simulated venue has GET /v1/walet; the nearest are GET /v1/wallet")


def test_every_command_has_its_test() -> None:
    """The commands above are all there are, with the further kinds of scripts, which are tested where they are read."""
    shown = {
        "mark",
        "index",
        "fund",
        "fill",
        "liquidate",
        "cancel",
        "leverage",
        "deposit",
        "skew",
        "show",
        "requests",
        "clear",
        "random",
        "drop",
        "answer",
    }

    assert set(COMMANDS) - shown == {*KINDS, *STREAM_KINDS} - {"drop", "answer"}
