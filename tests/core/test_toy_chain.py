"""The made-up venue of wallets: typed data, nonces, and one path for everything, settings as code included."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from venuekit import Credentials, Runtime, errors
from venuekit.capabilities import AccountMode, MarginType, OrderRequest, OrderSide, OrderType, PositionCloseControl
from venuekit.cli import main
from venuekit.simulator import ApplyLater, Disturbance, DropAfter, DropBefore, Simulation
from venuekit.simulator.background import BackgroundSimulation
from venuekit.simulator.serve import write_accounts_file
from venuekit.testing.clocks import LoopClock
from venuekit.testing.staged import Stage, on_stage
from venuekit_toy_chain import TOY_CHAIN
from venuekit_toy_chain.orders import CHAIN
from venuekit_toy_chain.wallet import address_of

PRIVATE_KEY = "0x" + "1f" * 32
TARGET = """\
[accounts.toy_chain]
venue = "toy_chain"
account_mode = "unified"

[accounts.toy_chain.symbols.SUN-USD]
leverage = 12

[accounts.toy_chain.symbols.SEA-USD]
leverage = 15
"""


def bid(**details: Any) -> OrderRequest:
    """Return an order that rests."""
    plain = {"symbol": "SEA-USD", "side": OrderSide.BUY, "type": OrderType.LIMIT}
    return OrderRequest(**{**plain, "quantity": Decimal(1), "price": Decimal(10), "client_id": "mine", **details})


# -- credentials


@pytest.mark.parametrize(
    ("key", "secret", "fields", "words"),
    [
        ("0xABC", PRIVATE_KEY, {}, "the key is no wallet's address: it has 40 lower-case hex digits behind 0x"),
        (
            address_of(PRIVATE_KEY),
            "secret",
            {},
            "the secret is no wallet's private key: it has 64 lower-case",
        ),
        ("0x" + "0" * 40, PRIVATE_KEY, {}, "the secret is the private key of another wallet than the key names"),
        (address_of(PRIVATE_KEY), PRIVATE_KEY, {"passphrase": "swordfish"}, "toy_chain takes no passphrase; it takes"),
    ],
)
async def test_credentials_that_do_not_fit_are_refused(
    key: str, secret: str, fields: dict[str, str], words: str
) -> None:
    """One sentence says which text does not fit; no secret is shown, and nothing is sent."""
    async with on_stage(TOY_CHAIN) as stage, Runtime(journal=False) as runtime:
        credentials = Credentials.sim(stage.simulation.rest("toy_chain"), key, secret, fields=fields)
        with pytest.raises(errors.CredentialsError, match=words) as caught:
            await runtime.open(TOY_CHAIN, credentials)

        assert PRIVATE_KEY not in str(caught.value)
        assert "swordfish" not in str(caught.value)
        assert stage.simulation.requests == []


# -- requests


async def test_every_operation_is_told_by_its_action_alone() -> None:
    """Two paths carry all; reads name the wallet and are not signed, and every nonce is above those before it."""
    async with on_stage(TOY_CHAIN) as stage:
        account = stage.account
        await account.get_balances()
        await account.set_leverage("SEA-USD", 7)
        order = await account.place_order(bid(margin_type=MarginType.ISOLATED))
        await account.cancel_order("SEA-USD", order_id=order.id)

        requests = stage.simulation.requests
        assert {one.path for one in requests} == {"/info", "/exchange"}
        assert {one.verb for one in requests} == {"POST"}
        bodies = [json.loads(one.request.body) for one in requests]
        signed = [body for body in bodies if "signature" in body]
        assert [body["type"] for body in signed] == ["leverage", "order", "cancel"]
        nonces = [body["nonce"] for body in signed]
        assert nonces == sorted(set(nonces))
        assert order.margin_type is MarginType.ISOLATED


async def test_numbers_travel_as_json_numbers() -> None:
    """A quantity goes out digit for digit, and never as a text or through a float."""
    async with on_stage(TOY_CHAIN) as stage:
        await stage.account.place_order(bid(quantity=Decimal("1.003"), price=Decimal("10.01")))

        (request,) = stage.arrivals(CHAIN.PLACE_ORDER)
        assert b'"size":1.003,"price":10.01,' in request.request.body


async def test_a_used_nonce_is_sent_anew_with_a_later_one() -> None:
    """The venue refuses a number that a later request has passed; it was not executed, and goes out once more."""
    async with on_stage(TOY_CHAIN) as stage:
        simulated: Any = stage.simulation._service("toy_chain").simulated
        nonces = simulated._nonces
        nonces[stage.simulation.key_of("toy_chain").key] = 10**16

        with pytest.raises(errors.NonceUsed, match="the nonce is not above those before it") as caught:
            await stage.account.set_leverage("SEA-USD", 7)
        assert caught.value.outcome is errors.Outcome.NOT_APPLIED

        nonces.clear()
        assert (await stage.account.set_leverage("SEA-USD", 7)).changed


async def test_orders_are_walked_up_to_and_with_the_end_of_a_span() -> None:
    """Both ends are inclusive, as of every history; a reversed span is refused."""
    async with on_stage(TOY_CHAIN) as stage:
        placed = []
        for number in range(3):
            await stage.clock.sleep(1)
            placed.append(await stage.account.place_order(bid(client_id=f"walk-{number}")))
        await stage.clock.sleep(1)
        times = [order.created_at for order in placed]
        walked = await stage.account.iter_orders(start=times[0], end=times[1]).all()
        assert [order.id for order in walked] == [order.id for order in placed[:2]]
        with pytest.raises(errors.InvalidArgument, match="the span is reversed"):
            await stage.account.iter_orders(start=times[1], end=times[0]).all()


async def test_positions_and_money_name_the_account_that_holds_them() -> None:
    """A position has an id of its own, and both say in which account they lie."""
    async with on_stage(TOY_CHAIN) as stage:
        (position,) = await stage.account.get_positions()
        (balance,) = await stage.account.get_balances()

        assert (position.position_id, position.sub_account) == ("account-1/SUN-USD", "account-1")
        assert balance.sub_account == "account-1"
        assert (await stage.account.get_account_mode()).mode is AccountMode.UNIFIED


# -- lost writes


@asynccontextmanager
async def leaping() -> AsyncIterator[Stage]:
    """Open an account on a clock that leaps over waiting."""
    async with on_stage(TOY_CHAIN, clock=LoopClock()) as stage:
        await stage.account.pause(5)
        yield stage


async def _placing(stage: Stage) -> Any:
    def is_placed() -> bool:
        return sum(order.client_id == "mine" for order in stage.ledger.orders("SEA-USD")) == 1

    return CHAIN.PLACE_ORDER, lambda: stage.account.place_order(bid()), is_placed


async def _levering(stage: Stage) -> Any:
    return (
        CHAIN.SET_LEVERAGE,
        lambda: stage.account.set_leverage("SEA-USD", 7),
        lambda: stage.ledger.leverage("SEA-USD") == 7,
    )


async def _canceling(stage: Stage) -> Any:
    order = await stage.account.place_order(bid())
    return (
        CHAIN.CANCEL_ORDER,
        lambda: stage.account.cancel_order("SEA-USD", order_id=order.id),
        lambda: not stage.ledger.order(order.id).is_open,
    )


@pytest.mark.looptime
@pytest.mark.parametrize(
    "fate", [DropAfter(), DropBefore(), ApplyLater(3), ApplyLater(7)], ids=["applied", "lost", "soon", "late"]
)
@pytest.mark.parametrize("write", [_placing, _levering, _canceling])
async def test_claims_about_a_lost_write_hold(
    fate: Disturbance, write: Callable[[Stage], Awaitable[tuple[Any, Any, Any]]]
) -> None:
    """The outcome is known: a later number was answered, so that the lost request cannot arrive any more."""
    async with leaping() as stage:
        endpoint, call, holds = await write(stage)
        stage.disturb(endpoint, fate)
        outcome = None
        try:
            await call()
        except errors.OperationError as error:
            outcome = error.outcome
        sent = len(stage.arrivals(endpoint))
        await stage.account.pause(60)

        assert outcome in {None, errors.Outcome.NOT_APPLIED}
        assert holds() is (outcome is None)
        assert sent == 1 or endpoint is not CHAIN.PLACE_ORDER


async def test_reads_that_are_not_signed_prove_no_absence() -> None:
    """An order that no read shows is proven absent by a signed request alone, the ping of the nonce rule."""
    async with on_stage(TOY_CHAIN) as stage:
        stage.disturb(CHAIN.PLACE_ORDER, DropBefore())
        with pytest.raises(errors.NotExecuted):
            await stage.account.place_order(bid())

        assert stage.arrivals(CHAIN.PING)


# -- accounts


@pytest.mark.looptime
async def test_positions_are_not_closed_by_orders_that_might_open_others() -> None:
    """No order of the venue is reduce-only, so the part that closes positions is not there, and the reason is."""
    async with on_stage(TOY_CHAIN) as stage:
        with pytest.raises(errors.UnsupportedCapability, match="orders cannot be reduce-only here"):
            PositionCloseControl.of(stage.account)
        with pytest.raises(errors.InvalidArgument, match="orders cannot be reduce-only here"):
            await stage.account.place_order(bid(reduce_only=True))


async def test_two_agents_of_one_account_are_one_account() -> None:
    """Agents with wallets of their own share the venue's name, fences and claims; that of a sub-account does not."""
    clock = LoopClock()
    async with Simulation((TOY_CHAIN,), clock=clock) as simulation, Runtime(clock=clock, journal=False) as runtime:
        keys = simulation.add_key(), simulation.add_key(), simulation.add_key(account="7")
        one, two, other = [await runtime.open(TOY_CHAIN, simulation.credentials("toy_chain", key=key)) for key in keys]

        assert one.identity == two.identity != other.identity

        await runtime.clock.sleep(1)
        simulation.disturb("toy_chain", CHAIN.SET_LEVERAGE, DropBefore(), DropBefore())
        with pytest.raises(errors.OperationError):
            await one.set_leverage("SEA-USD", 7)
        for account, waits in ((two, True), (other, False)):
            try:
                await account.with_options(max_wait=0.1).set_leverage("SEA-USD", 9)
            except errors.Fenced:
                assert waits
            else:
                assert not waits


# -- settings as code, on the command line


def test_settings_are_planned_applied_and_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two leverages are pending, then changed, then unchanged; the account mode is read along with them."""
    monkeypatch.chdir(tmp_path)
    Path("target.toml").write_text(TARGET)

    with BackgroundSimulation("toy_chain") as simulation:
        simulation.call(lambda sim: write_accounts_file(Path("accounts.toml"), sim))
        statuses = [
            main(["--accounts", "accounts.toml", *words])
            for words in (["plan", "target.toml"], ["apply", "target.toml", "--yes"], ["plan", "target.toml"])
        ]
        shown = capsys.readouterr().out
        for words in (["balances"], ["positions"], ["leverage", "toy_chain", "SEA-USD"]):
            assert main(["--accounts", "accounts.toml", *words]) == 0

    assert statuses == [5, 0, 0]
    assert "2 changed" in shown
    assert "account-1" in capsys.readouterr().out
