"""Accounts opened with ``transport="websocket"``: the same methods, the same values, the same errors as over REST."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.core.budget_store.servers import Server
from tests.plugins.stages import VENUES

import venuekit
from venuekit.capabilities import BalanceReader, OrderControl, OrderRequest, OrderSide, OrderType
from venuekit.credentials import Credentials, Secret
from venuekit.errors import (
    AnswerLost,
    AuthenticationFailed,
    ConfigurationError,
    NeverSent,
    Outcome,
    PermissionDenied,
    VenueError,
)
from venuekit.key_kinds import KeyKind
from venuekit.simulator import Simulation, StreamRestart
from venuekit_binance_coinm.venue import VENUE as COINM
from venuekit_binance_usdm.venue import VENUE as USDM

D = Decimal
PRODUCTS = ("binance_usdm", "binance_coinm")
products = pytest.mark.parametrize("venue", PRODUCTS)
kinds = pytest.mark.parametrize("kind", KeyKind)


@attrs.frozen
class Desk:
    """A simulated venue, and an account over each wire."""

    sim: Simulation
    key: Any
    account: Any
    rest: Any

    @property
    def venue(self) -> str:
        """The venue's id."""
        return str(self.account.venue.id)

    @property
    def symbol(self) -> str:
        """A symbol without a position."""
        return VENUES[self.venue][0]

    def bid(self, **details: Any) -> OrderRequest:
        """Return an order that rests."""
        plain = {"side": OrderSide.BUY, "type": OrderType.LIMIT, "price": D(2000), "quantity": VENUES[self.venue][1]}
        return OrderRequest(**{"symbol": self.symbol, **plain, **details})


@asynccontextmanager
async def opened(venue: str, *, kind: KeyKind = KeyKind.HMAC, key: Any = None, **details: Any) -> AsyncIterator[Desk]:
    """Open one account over both wires, each with a runtime of its own; nothing of them remains."""
    before = asyncio.all_tasks()
    async with AsyncExitStack() as stack:
        sim = await stack.enter_async_context(venuekit.simulate(venue, scenario="holding"))
        key = sim.add_key(kind=kind) if key is None else key(sim)
        accounts = []
        for transport in ("websocket", "rest"):
            runtime = await stack.enter_async_context(venuekit.Runtime(journal=False))
            opening = venuekit.connect(
                venue, sim.credentials(venue, key=key), runtime=runtime, transport=transport, **details
            )
            accounts.append(await stack.enter_async_context(opening))
        yield Desk(sim, key, *accounts)
    assert asyncio.all_tasks() == before


def without_times(value: Any) -> Any:
    """Return a value without the times at which it, and the values within it, were read."""
    if isinstance(value, tuple):
        return tuple(map(without_times, value))
    if not attrs.has(type(value)):
        return value
    fields = {one.name: getattr(value, one.name) for one in attrs.fields(type(value)) if one.init}
    moments = ("received_at", "as_of")
    return attrs.evolve(
        value, **{name: None if name in moments else without_times(field) for name, field in fields.items()}
    )


@products
@kinds
async def test_values_are_those_of_rest(venue: str, kind: KeyKind) -> None:
    """Each method whose endpoint has one over the socket gives the same over both wires, for every kind of key."""
    async with opened(venue, kind=kind) as desk:
        sent = len(desk.sim.requests)
        for method in ("get_balances", "get_account", "get_positions"):
            ours, theirs = await getattr(desk.account, method)(), await getattr(desk.rest, method)()
            assert without_times(ours) == without_times(theirs)
            assert ours
        key = await desk.account.start_listen_key()
        assert key.key.reveal() == (await desk.rest.start_listen_key()).key.reveal()
        await desk.account.keep_listen_key_alive()
        await desk.account.stop_listen_key()

        order = await desk.account.place_order(desk.bid(client_id="mine"))
        amended = await desk.account.amend_order(
            desk.symbol, OrderSide.BUY, order_id=order.id, quantity=order.quantity, price=D(1900)
        )
        assert amended.price == 1900
        ours = await desk.account.get_order(desk.symbol, order_id=order.id)
        assert without_times(ours) == without_times(await desk.rest.get_order(desk.symbol, order_id=order.id))
        assert (await desk.account.cancel_order(desk.symbol, client_id="mine")).id == order.id
        assert await desk.rest.get_open_orders(symbol=desk.symbol) == ()
        assert desk.account._session.wire.strays == 0
        assert len(desk.sim.requests) > sent


@products
async def test_each_declared_method_is_the_twin_of_its_endpoint(venue: str) -> None:
    """The simulated venue, by the documentation, carries a method out as the route that the endpoint names."""
    declared = {USDM.id: USDM, COINM.id: COINM}[venue]
    async with venuekit.simulate(venue) as sim:
        simulated: Any = sim._service(venue).simulated
        methods = simulated.socket_methods
    named = {one.websocket_method: (one.verb, one.path) for one in declared.endpoints if one.websocket_method}

    assert {name: (one.verb, one.path) for name, one in methods.items() if name in named} == named
    # the older shapes of three reads are those that no decoder reads any more
    unused = {"account.balance", "account.status", "account.position"} if venue == "binance_usdm" else set()
    assert methods.keys() - named.keys() == unused


@products
async def test_everything_else_goes_over_rest(venue: str) -> None:
    """An endpoint without a method is reached by itself, on the same account."""
    async with opened(venue) as desk:
        leverage = await desk.account.set_leverage(desk.symbol, 7)
        assert leverage.changed
        await desk.account.get_brackets(symbol=desk.symbol)
        assert desk.account._session.wire.link._current is None  # no connection was needed


@products
@kinds
async def test_errors_are_those_of_rest(venue: str, kind: KeyKind) -> None:
    """A refusal has the same class, code, words and outcome over both wires."""
    async with opened(venue, kind=kind) as desk:
        for large in (desk.bid(quantity=VENUES[venue][1] * 100_000), desk.bid(symbol="NOSUCH")):
            found = []
            for account in (desk.account, desk.rest):
                with pytest.raises(VenueError) as caught:
                    await account.place_order(large)
                found.append((type(caught.value), caught.value.code, caught.value.message, caught.value.outcome))
            assert found[0] == found[1]


@products
@kinds
async def test_a_key_that_the_venue_does_not_know_is_refused(venue: str, kind: KeyKind) -> None:
    """By the venue's own code, whether it logs on or signs each request; nothing happened."""
    async with opened(venue, kind=kind) as desk:
        stranger = attrs.evolve(desk.sim.credentials(venue, key=desk.key), key=Secret("k" * 64))
        async with venuekit.connect(venue, stranger, transport="websocket") as account:
            with pytest.raises(AuthenticationFailed) as caught:
                await OrderControl.of(account).place_order(desk.bid())

        assert (caught.value.code, caught.value.outcome) == (-2015, Outcome.NOT_APPLIED)


@products
async def test_a_key_that_may_not_trade_is_refused(venue: str) -> None:
    """In the venue's words, as over REST."""
    async with opened(venue, key=lambda sim: sim.add_key(read_only=True)) as desk:
        with pytest.raises((PermissionDenied, AuthenticationFailed)) as caught:
            await desk.account.place_order(desk.bid())

        assert caught.value.outcome is Outcome.NOT_APPLIED
        assert await desk.account.get_balances()


@products
async def test_many_orders_share_one_connection(venue: str) -> None:
    """Each has its own answer, and no order is placed twice."""
    async with opened(venue) as desk:
        ids = [f"mine-{number}" for number in range(25)]
        orders = await asyncio.gather(*(desk.account.place_order(desk.bid(client_id=one)) for one in ids))

        assert [one.client_id for one in orders] == ids
        assert {one.client_id for one in await desk.rest.get_open_orders(symbol=desk.symbol)} >= {*ids}
        assert len(desk.account._session.wire.link._open) == 1


@products
async def test_a_second_login_ends_nothing(venue: str) -> None:
    """Two accounts of one key have a connection each."""
    async with opened(venue, kind=KeyKind.ED25519) as desk:
        await desk.account.get_balances()
        first = desk.account._session.wire.link._current
        again = venuekit.connect(venue, desk.sim.credentials(venue, key=desk.key), transport="websocket")
        async with again as other:
            await BalanceReader.of(other).get_balances()
        await desk.account.get_balances()

        assert desk.account._session.wire.link._current is first


@products
async def test_a_restart_is_survived(venue: str) -> None:
    """Reads after it go over the next connection."""
    async with opened(venue, kind=KeyKind.ED25519) as desk:
        before = await desk.account.get_balances()
        desk.sim.disturb_streams((venue,), StreamRestart(seconds=0.05))
        assert without_times(await desk.account.get_balances()) == without_times(before)


@products
async def test_an_answer_above_the_limit_says_how_to_mend_it(venue: str) -> None:
    """Limit and declaration are in the error of a read whose answer was lost to it."""
    async with opened(venue) as desk:
        link = desk.account._session.wire.link
        link.api = attrs.evolve(link.api, message_limit=100)
        with pytest.raises(AnswerLost, match="a message is larger than the limit of 100 bytes") as lost:
            await desk.account.get_balances()

    assert lost.value.mend == "raise message_limit in the venue's SocketApi"


@products
async def test_a_refused_handshake_is_told_in_the_words_of_the_venue(venue: str) -> None:
    """With its status; nothing was sent."""
    async with opened(venue) as desk:
        desk.account._session.wire.link.url = Secret(f"{desk.sim.websocket_api(venue)}/nowhere")
        with pytest.raises(NeverSent, match="the venue answers the handshake with HTTP 404: ") as refusal:
            await desk.account.get_balances()

    assert refusal.value.status == 404
    assert '"msg":"Path /ws-api/nowhere, Method GET is invalid"' in refusal.value.message


@products
async def test_pools_follow_the_rows_of_answers(venue: str) -> None:
    """What the venue counted is what the pool has, the price of the connection with it."""
    async with opened(venue) as desk:
        await desk.account.get_balances()
        session = desk.account._session
        pools = {limit.name: pool for limit, pool, _ in session.pools_of(desk.account.endpoints.ORDERS.place, {})[0]}
        assert pools["weight"].used(desk.account.monotonic()) >= 10
        await desk.account.place_order(desk.bid())
        assert pools["orders_1m"].used(desk.account.monotonic()) == 1
        balance = desk.account.endpoints.BALANCE
        assert session.pools_of(balance, {})[1][0][1] == 5


@products
async def test_a_connection_is_paid_from_the_budget_of_all_processes(venue: str, tmp_path: Path) -> None:
    """The server has the weight of the opening beside that of the requests."""
    server = Server("valkey", tmp_path)
    server.start()
    try:
        async with (
            venuekit.simulate(venue) as sim,
            venuekit.Runtime(journal=False, budget=f"{server.url}?start=open") as runtime,
            venuekit.connect(venue, sim.credentials(venue), runtime=runtime, transport="websocket") as account,
        ):
            shared = runtime._budgets.shared
            assert shared is not None
            spent = {}
            for asked in range(3):
                if asked:
                    await BalanceReader.of(account).get_balances()
                states = await shared._store.states()
                spent[asked] = sum(one.used or 0 for one in states if one.name.limit.name == "weight")
    finally:
        server.kill()

    assert (spent[1] - spent[0], spent[2] - spent[1]) == (10, 5)


async def test_an_environment_without_a_websocket_api_is_refused() -> None:
    """Nothing is sent; the error names venue and environment, and the mend."""
    for credentials, words in (
        (Credentials("k", "s", "demo"), "binance_usdm demo has no WebSocket API: open the account with"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            async with venuekit.connect("binance_usdm", credentials, transport="websocket"):
                pass
    with pytest.raises(ConfigurationError, match="aster_usdm_v1 has no WebSocket API"):
        async with (
            venuekit.simulate("aster_usdm_v1") as sim,
            venuekit.connect("aster_usdm_v1", sim.credentials("aster_usdm_v1"), transport="websocket"),
        ):
            pass
    with pytest.raises(ConfigurationError, match="there are 'rest' and 'websocket'"):
        venuekit.connect("binance_usdm", Credentials("k", "s", "demo"), transport="pigeon")
