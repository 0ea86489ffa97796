from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import attrs
import pytest

import venuekit
from venuekit import errors
from venuekit.capabilities import Order, OrderKind, OrderSide, OrderStatus, OrderType, Position, PositionSide, Unit
from venuekit.endpoint import Area, Effect, Endpoint
from venuekit.errors import Outcome
from venuekit.order_scope import Ask
from venuekit.parameters import Kind, Parameter, Role
from venuekit.pipeline import Guard
from venuekit.pipeline.guard import PositionLimit, ReadHoldings
from venuekit.simulator import DropAfter
from venuekit.testing import InstantClock
from venuekit_toy_perp.endpoints import TOY

ORDER: Endpoint[bytes] = Endpoint(
    "POST", "/v1/orders", decode=bytes, parameters=(Parameter("quantity", Kind.DECIMAL, role=Role.QUANTITY),)
)


TWO_SIDED: Endpoint[bytes] = Endpoint(
    "POST",
    "/v1/leverages",
    decode=bytes,
    parameters=tuple(Parameter(name, Kind.DECIMAL, role=Role.LEVERAGE) for name in ("long", "short")),
)


BATCH: Endpoint[bytes] = Endpoint(
    "POST",
    "/v1/batch",
    decode=bytes,
    parameters=(Parameter("items", Kind.LIST),),
    symbols=lambda parameters: [item["contract"] for item in parameters["items"]],
)

CANCEL: Endpoint[bytes] = Endpoint(
    "DELETE",
    "/v1/order",
    decode=bytes,
    parameters=(Parameter("id"), Parameter("contract", role=Role.SYMBOL, local=True)),
)


@pytest.mark.parametrize(
    ("guard", "endpoint", "parameters", "words"),
    [
        (Guard(read_only=True), TOY.SET_LEVERAGE, {"contract": "A", "leverage": 5}, "read-only"),
        (Guard(symbols={"B"}), TOY.SET_LEVERAGE, {"contract": "A", "leverage": 5}, "A is not among"),
        (Guard(symbols={"B"}), ORDER, {"quantity": Decimal(1)}, "touches every symbol"),
        (Guard(symbols={"A"}), BATCH, {"items": [{"contract": "A"}, {"contract": "B"}]}, "B is not among"),
        (Guard(symbols={"A"}), BATCH, {"items": []}, "touches every symbol"),
        (Guard(symbols={"A"}), CANCEL, {"id": "7", "contract": "B"}, "B is not among"),
        (Guard(symbols={"A"}), CANCEL, {"id": "7"}, "touches every symbol"),
        (Guard(max_leverage=Decimal(4)), TOY.SET_LEVERAGE, {"contract": "A", "leverage": 5}, "leverage 5 is above 4"),
        (Guard(max_leverage=Decimal(4)), TWO_SIDED, {"long": Decimal(3), "short": Decimal(9)}, "leverage 9 is above 4"),
        (Guard(allow={Area.MARGIN}), TOY.SET_LEVERAGE, {"contract": "A", "leverage": 5}, "settings are not allowed"),
        (Guard(allow={Area.SETTINGS}), TOY.ADD_COLLATERAL, {"contract": "A", "amount": 5}, "margin are not allowed"),
        (Guard(max_notional=Decimal(9)), ORDER, {"quantity": Decimal(1)}, "is unknown"),
        (
            Guard(max_position_notional=Decimal(9)),
            ORDER,
            {"quantity": Decimal(1)},
            "orders of this request are unknown",
        ),
    ],
)
def test_a_guard_says_what_it_forbids(
    guard: Guard, endpoint: Endpoint[Any], parameters: dict[str, Any], words: str
) -> None:
    """Each limit refuses what goes beyond it, in a sentence."""
    assert words in (guard.refusal(endpoint, parameters, halted=False) or "")


@pytest.mark.parametrize(
    ("guard", "words"),
    [
        (Guard(read_only=True), "read-only"),
        (Guard(allow={Area.SETTINGS}), "orders are not allowed"),
        (Guard(symbols={"B"}), "A is not among"),
    ],
)
def test_a_session_that_ends_orders_is_guarded(guard: Guard, words: str) -> None:
    """A countdown is no write of its own, but what it does when it runs out is; other sessions pass."""
    countdown: Endpoint[bytes] = Endpoint(
        "POST",
        "/v1/countdown",
        decode=bytes,
        effect=Effect.SESSION,
        area=Area.ORDERS,
        parameters=(Parameter("contract", role=Role.SYMBOL),),
    )
    listen_key: Endpoint[bytes] = Endpoint("PUT", "/v1/listen-key", decode=bytes, effect=Effect.SESSION)

    assert words in (guard.refusal(countdown, {"contract": "A"}, halted=False) or "")
    assert guard.refusal(listen_key, {}, halted=False) is None


def test_a_guard_lets_reads_pass() -> None:
    """Nothing that only reads is ever stopped."""
    guard = Guard(read_only=True, symbols={"B"}, allow=frozenset())

    assert guard.refusal(TOY.POSITIONS, {"contract": "A"}, halted=True) is None


def test_what_is_within_the_limits_passes() -> None:
    """A guard forbids nothing else."""
    guard = Guard(symbols={"A"}, max_leverage=Decimal(5), allow={Area.SETTINGS, Area.MARGIN})

    assert guard.refusal(TOY.SET_LEVERAGE, {"contract": "A", "leverage": 5}, halted=False) is None
    assert guard.refusal(BATCH, {"items": [{"contract": "A"}, {"contract": "A"}]}, halted=False) is None
    assert guard.refusal(CANCEL, {"id": "7", "contract": "A"}, halted=False) is None


@pytest.mark.looptime
async def test_a_raw_call_obeys_the_guard_and_nothing_is_sent(stage: Any) -> None:
    """The guard stands before the first station, for capabilities and raw calls alike."""
    async with venuekit.connect(
        "toy_perp", stage.sim.credentials("toy_perp"), runtime=stage.runtime, read_only=True
    ) as account:
        with pytest.raises(errors.GuardRefused) as caught:
            await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert Outcome.NOT_SENT is caught.value.outcome
    assert [] == stage.arrivals("PUT", "/v1/leverage")


@pytest.mark.looptime
async def test_a_halted_account_stays_halted_in_every_view(stage: Any) -> None:
    """halt() latches: the account and every view of it change nothing any more, and reads go on."""
    view = stage.account.with_options(max_wait=1)

    stage.account.halt()

    for account in (stage.account, view):
        with pytest.raises(errors.GuardRefused, match="halted"):
            await account.call(TOY.SET_MARGIN_TYPE, contract="GEMUSD", margin="isolated")
        assert await account.call(TOY.POSITIONS)


async def test_items_that_a_guard_cannot_read_are_refused(clock: Any) -> None:
    """What stands within a list as no venue documents it ends in our own error, and nothing is sent."""
    async with (
        venuekit.simulate("toy_perp", clock=clock) as sim,
        venuekit.Runtime(clock=clock, journal=False) as runtime,
    ):
        toy = await runtime.plugins.load("toy_perp")
        declared = attrs.evolve(toy, endpoints=(*toy.endpoints, BATCH))
        account = await runtime.open(declared, sim.credentials("toy_perp"), guard=Guard(symbols={"GEMUSD"}))
        batches: tuple[list[Any], ...] = ([{}], [1])
        for items in batches:
            with pytest.raises(errors.InvalidArgument, match="contents of a list"):
                await account.call(BATCH, items=items)


HARMLESS: tuple[Endpoint[Any], ...] = (
    Endpoint("POST", "/v1/leverage", decode=bytes, effect=Effect.READ, note="It says that it changes nothing."),
    Endpoint("POST", "/v1/orders", decode=bytes, effect=Effect.SESSION),
    Endpoint("DELETE", "/v1/orders", decode=bytes, area=None, reduces=lambda _: True),
)


@pytest.mark.parametrize("endpoint", HARMLESS, ids=str)
@pytest.mark.parametrize(
    "guard",
    [
        Guard(read_only=True),
        Guard(symbols={"GEMUSD"}),
        Guard(max_leverage=Decimal(5)),
        Guard(max_notional=Decimal(5)),
        Guard(allow={Area.ORDERS}),
        None,
    ],
    ids=["read only", "symbols", "leverage", "notional", "areas", "halted"],
)
@pytest.mark.looptime
async def test_an_endpoint_that_the_venue_does_not_declare_passes_no_guard(
    stage: Any, guard: Guard | None, endpoint: Endpoint[Any]
) -> None:
    """Whatever it says of itself; nothing is sent."""
    account = await stage.runtime.open(stage.account.venue, stage.sim.credentials("toy_perp"), guard=guard)
    if guard is None:
        account.halt()
    with pytest.raises(errors.GuardRefused, match="does not declare") as caught:
        await account.call(endpoint)
    assert caught.value.outcome is Outcome.NOT_SENT
    assert [one for one in stage.sim.requests if one.verb != "GET"] == []


@pytest.mark.looptime
async def test_a_get_that_the_venue_does_not_declare_passes_every_guard(stage: Any) -> None:
    """It only reads."""
    reading: Endpoint[Any] = attrs.evolve(TOY.POSITIONS, decode=json.loads)
    account = await stage.runtime.open(
        stage.account.venue, stage.sim.credentials("toy_perp"), guard=Guard(read_only=True, symbols={"GEMUSD"})
    )
    account.halt()
    assert await account.call(reading)


@pytest.mark.parametrize("effect", [Effect.READ, Effect.SESSION])
@pytest.mark.looptime
async def test_an_undeclared_write_is_sent_once_whatever_it_says_of_itself(stage: Any, effect: Effect) -> None:
    """A lost answer to what claims to be a read or a session is the unknown outcome of a write."""
    endpoint: Endpoint[bytes] = Endpoint(
        "POST",
        TOY.ADD_COLLATERAL.path,
        decode=bytes,
        effect=effect,
        parameters=TOY.ADD_COLLATERAL.parameters,
        encoding=TOY.ADD_COLLATERAL.encoding,
        note="It says that it changes nothing.",
    )
    stage.sim.disturb("toy_perp", TOY.ADD_COLLATERAL, DropAfter())
    with pytest.raises(errors.OutcomeUnknown):
        await stage.account.call(endpoint, contract="GEMUSD", amount=Decimal(1))
    assert len(stage.arrivals("POST", TOY.ADD_COLLATERAL.path)) == 1


RESTING = Order(
    id="1",
    client_id=None,
    symbol="TWOUSD",
    kind=OrderKind.PLAIN,
    side=OrderSide.BUY,
    type=OrderType.LIMIT,
    status=OrderStatus.OPEN,
    quantity=Decimal(1),
    price=Decimal(10),
    contract_size=Decimal(1),
    contract_unit=Unit.BASE,
)
SHORT = Position(
    symbol="TWOUSD",
    side=PositionSide.BOTH,
    quantity=Decimal(-5),
    contract_size=Decimal(1),
    contract_unit=Unit.BASE,
    notional=Decimal(50),
)
UNKNOWN = "the notional of TWOUSD is unknown, and that of a position is limited"


def holding(*holdings: Position | Order) -> ReadHoldings:
    """Return the reads of an account with these positions and open orders."""
    positions = [one for one in holdings if isinstance(one, Position)]
    orders = [one for one in holdings if isinstance(one, Order)]

    async def read(_symbol: str) -> tuple[list[Position], list[Order]]:
        return positions, orders

    return read


def asking(notional: int, *, buys: bool = True) -> Ask:
    return Ask(symbol="TWOUSD", buys=buys, notional=Decimal(notional))


@pytest.mark.parametrize(
    ("order", "refusal"),
    [
        (RESTING, None),
        (attrs.evolve(RESTING, contract_unit=Unit.QUOTE), None),
        (attrs.evolve(RESTING, contract_unit=Unit.CONTRACTS), UNKNOWN),
        (attrs.evolve(RESTING, contract_unit=None), UNKNOWN),
        (attrs.evolve(RESTING, quantity=None), UNKNOWN),
        (attrs.evolve(RESTING, contract_size=None), UNKNOWN),
        (attrs.evolve(RESTING, quantity=None, close_position=True), None),
    ],
)
async def test_an_order_whose_worth_is_unknown_lets_nothing_pass(order: Order, refusal: str | None) -> None:
    """An open order of a quanto contract has no worth in its quote asset: beside it no position can be limited."""
    limit = PositionLimit(Decimal(100), holding(order), InstantClock())

    assert await limit.admit([asking(20)]) == refusal


async def test_each_direction_of_a_position_is_limited_by_itself() -> None:
    """A short position, and what only reduces one, leave the long direction free; the short one has what is left."""
    reducing = attrs.evolve(RESTING, side=OrderSide.SELL, quantity=Decimal(9), reduce_only=True)
    closing = attrs.evolve(RESTING, position_side=PositionSide.LONG, side=OrderSide.SELL, quantity=Decimal(9))
    limit = PositionLimit(Decimal(100), holding(SHORT, reducing, closing), InstantClock())

    assert await limit.admit([asking(100)]) is None
    assert await limit.admit([asking(50, buys=False)]) is None
    assert await limit.admit([asking(1, buys=False)]) == (
        "TWOUSD could become 101 short, position and open orders counted, above 100"
    )


@pytest.mark.parametrize(
    ("outcome", "seconds"), [(Outcome.UNKNOWN, 90), (Outcome.APPLIED, 10), (Outcome.NOT_APPLIED, 0)]
)
async def test_a_sent_order_counts_until_the_reads_must_show_it(outcome: Outcome, seconds: int) -> None:
    """One of unknown outcome as long as it may arrive, an accepted one until it is shown, a refused one not at all."""
    clock = InstantClock()
    limit = PositionLimit(Decimal(100), holding(), clock)
    asks = [asking(60)]
    assert await limit.admit(asks) is None

    limit.note(asks, outcome)

    if seconds:
        await clock.sleep(seconds - 1)
        assert "could become 120 long" in str(await limit.admit(asks))
        await clock.sleep(1)
    assert await limit.admit(asks) is None


async def test_a_position_is_not_limited_where_orders_cannot_be_read(stage: Any) -> None:
    """The account is not opened, rather than opened with a limit that nothing keeps."""
    with pytest.raises(errors.ConfigurationError, match="max_position_notional needs an account that reads"):
        await stage.runtime.open(
            stage.account.venue, stage.sim.credentials("toy_perp"), guard=Guard(max_position_notional=Decimal(9))
        )
