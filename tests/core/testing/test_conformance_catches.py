"""The conformance suite fails where a plugin is broken: the toy venue, broken in one place at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest
from tests.core.parts.toy_orders import ONE_ROUTE
from tests.core.settings.joint_toys import JOINT, JOINT_TOY, JointEndpoints

from venuekit.capabilities import (
    AssetModeReader,
    BalanceReader,
    Instrument,
    InstrumentReader,
    LeverageBehaviour,
    LeverageControl,
    MarginType,
    OrderBehaviour,
    PositionReader,
)
from venuekit.endpoint import Change, Changing, Effect, Endpoint, Security, WriteScope
from venuekit.faults import Fault
from venuekit.resolution import Call, Completed, Completion, Lost, Reading
from venuekit.simulator import Cut, DropAfter
from venuekit.testing import find_recorded, load_recorded
from venuekit.testing.conformance import suite_of
from venuekit.testing.conformance.examples import SETTERS
from venuekit.testing.conformance.inventory import Inventory
from venuekit.testing.conformance.losses import OnceChecks
from venuekit.testing.recorded import Recorded, RecordedCase
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.account import ToyPerpAccount
from venuekit_toy_perp.endpoints import TOY, ToyEndpoints

RECORDED = load_recorded(find_recorded(TOY_PERP))
SET_LEVERAGE = next(setter for setter in SETTERS if setter.method is LeverageControl.set_leverage)


def suite(*, recorded: Recorded = RECORDED, **venue: Any) -> Any:
    """Return the suite of the toy venue with something of it replaced."""
    return suite_of(Inventory(attrs.evolve(TOY_PERP, **venue), recorded))()


def swapped(monkeypatch: pytest.MonkeyPatch, name: str, **changes: Any) -> Any:
    """Return the suite of the toy venue with an endpoint replaced, in its declaration and where it is called."""
    old: Endpoint[Any] = getattr(TOY, name)
    new = attrs.evolve(old, **changes)
    monkeypatch.setattr(ToyEndpoints, name, new)
    simulated = TOY_PERP.simulated
    assert simulated is not None

    def with_new() -> Any:
        made = simulated()
        handlers = {new if one is old else one: handler for one, handler in made.handlers().items()}
        made.handlers = lambda: handlers  # type: ignore[method-assign]
        return made

    declared = tuple(new if one is old else one for one in TOY_PERP.endpoints)
    return suite(endpoints=declared, simulated=with_new)


def changed_case(name: str, **changes: Any) -> RecordedCase:
    """Return a recorded case with something of it replaced."""
    return attrs.evolve(RECORDED.case(name), **changes)


async def fails(test: Callable[..., Awaitable[None]], /, **arguments: Any) -> str:
    """Return the words with which a check of the suite fails."""
    with pytest.raises((AssertionError, pytest.fail.Exception)) as caught:
        await test(**arguments)
    return str(caught.value)


# -- declarations and recordings


def test_missing_recording() -> None:
    """An endpoint without a recorded success is found."""
    checks = suite(recorded=Recorded(RECORDED.directory, ()))
    with pytest.raises(AssertionError, match="no recorded success of GET /v1/wallet"):
        checks.test_endpoint_has_a_recorded_success(TOY.WALLET)


def test_stale_recording() -> None:
    """A recorded answer of an endpoint that is gone is found."""
    checks = suite(endpoints=tuple(one for one in TOY_PERP.endpoints if one is not TOY.WALLET))
    with pytest.raises(AssertionError, match="wallet: no endpoint GET /v1/wallet"):
        checks.test_recorded_answer_belongs_to_an_endpoint(RECORDED.case("wallet"))


def test_endpoint_that_serves_what_nobody_has() -> None:
    """An endpoint that says it serves a capability the account lacks is found."""
    checks = suite()
    lying = attrs.evolve(TOY.WALLET, serves=(BalanceReader.get_balances, AssetModeReader.get_asset_mode))
    with pytest.raises(AssertionError, match="get_asset_mode"):
        checks.test_endpoint_serves_what_the_account_can(lying)


def test_write_that_waits_for_nothing() -> None:
    """A setting whose subject is left out, and an amendment that does not say of which order, are found."""
    checks = suite()
    careless = attrs.evolve(TOY.SET_LEVERAGE, write_scope=None)
    with pytest.raises(AssertionError, match=r"LeverageControl.set_leverage, and its write scope is None"):
        checks.test_write_waits_for_what_could_undo_it(careless)
    nameless = attrs.evolve(TOY.SET_LEVERAGE, write_scope=WriteScope.AMENDMENT, serves=())
    with pytest.raises(AssertionError, match="without naming them"):
        checks.test_write_waits_for_what_could_undo_it(nameless)


def test_simulated_venue_without_a_route() -> None:
    """A simulated venue that does not answer a declared endpoint is found."""
    new = Endpoint("GET", "/v1/fees", decode=bytes)
    with pytest.raises(AssertionError, match="the simulated venue does not answer GET /v1/fees"):
        suite(endpoints=(*TOY_PERP.endpoints, new)).test_simulated_venue_answers_every_endpoint()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param("wallet", {"security": Security.KEY}, id="key only"),
        pytest.param("time", {"security": Security.SIGNED}, id="not signed"),
        pytest.param("positions", {"parameters": {"contract": "TOYUSD", "flat": "TRUE"}}, id="another text"),
    ],
)
async def test_request_that_differs(name: str, changes: dict[str, Any]) -> None:
    """A request that is not the recorded one is found."""
    assert await fails(suite().test_recorded_request, recorded_case=changed_case(name, **changes))


async def test_answer_that_is_taken_for_the_opposite() -> None:
    """A refusal that is recorded as a success, and a success recorded as a refusal, are found."""
    refusal = changed_case("set_margin_position", code=None, fault=None, status=200)
    assert "was taken for a refusal" in await fails(suite().test_recorded_answer, recorded_case=refusal)
    success = changed_case("wallet", code=1007, expect={})
    assert "was taken for a success" in await fails(suite().test_recorded_answer, recorded_case=success)


async def test_refusal_that_leaves_a_write_open() -> None:
    """A recorded refusal after which a margin move may have happened is looked for; a plain rejection is not."""
    body = RECORDED.case("set_leverage_not_known").body
    unknown: dict[str, Any] = {"code": 3001, "fault": Fault.UNKNOWN_OUTCOME}
    await suite().test_recorded_answer(changed_case("add_collateral", body=body, status=504, **unknown))

    rejected = changed_case("add_collateral_no_position", fault=Fault.UNKNOWN_OUTCOME)
    assert "was not looked for" in await fails(suite().test_recorded_answer, recorded_case=rejected)


# -- capabilities


async def test_value_of_another_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """A capability method that returns something else than it promises is found."""

    async def get_balances(self: Any, *, asset: str | None = None) -> Any:
        return await self.call(TOY.WALLET)

    monkeypatch.setattr(ToyPerpAccount, "get_balances", get_balances, raising=False)
    words = await fails(suite().test_capability_method, capability_method=BalanceReader.get_balances)
    assert "BalanceReader.get_balances[0] is the WalletRow " in words
    assert "it should be Balance" in words


async def test_method_that_no_endpoint_admits_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A capability method that asks an endpoint which does not say that it serves it is found."""
    checks = swapped(monkeypatch, "POSITIONS", serves=())
    words = await fails(checks.test_capability_method, capability_method=PositionReader.get_positions)
    assert "PositionReader.get_positions: sent" in words


# -- settings


async def test_no_change_code_that_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A venue's "no need to" that the plugin takes for an error is found."""
    checks = swapped(monkeypatch, "SET_LEVERAGE", no_change=frozenset())
    with pytest.raises(Exception, match="2001"):
        await checks.test_setting_it_again(setter=SET_LEVERAGE)


async def test_readback_that_believes_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-back that says the target holds when it does not is found."""

    async def credulous(call: Call, lost: Lost) -> Reading[Any]:
        return Reading(Decimal(lost.parameters["leverage"]), holds=True)

    checks = swapped(monkeypatch, "SET_LEVERAGE", readback=credulous)
    assert await fails(checks.test_request_lost_before_it_was_applied, setter=SET_LEVERAGE)


async def test_readback_that_never_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-back that does not recognise the target is found."""

    async def blind(call: Call, lost: Lost) -> Reading[Any]:
        return Reading(None, holds=False)

    checks = swapped(monkeypatch, "SET_LEVERAGE", readback=blind, no_change=frozenset())
    with pytest.raises(Exception, match="2001"):
        await checks.test_answer_lost_after_it_was_applied(setter=SET_LEVERAGE, loss=DropAfter())


async def test_setter_that_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setter that claims what it did not do is found."""

    async def set_leverage(self: Any, symbol: str, leverage: Any, **_: Any) -> Any:
        row = await self.get_leverage(symbol)
        return attrs.evolve(row, changed=True)

    monkeypatch.setattr(ToyPerpAccount, "set_leverage", set_leverage, raising=False)
    assert await fails(suite().test_setting_takes_effect, setter=SET_LEVERAGE)


async def test_setter_that_does_not_leave_the_other_half(monkeypatch: pytest.MonkeyPatch) -> None:
    """One write of two settings whose completion does not read is found; the toy with the right one passes."""

    async def guess(_: Call, parameters: Any) -> Completed:
        return Completed({"margin": "isolated", "leverage": Decimal(5), **parameters})

    right = suite_of(Inventory(JOINT_TOY, RECORDED))()
    setters = [setter for setter in SETTERS if setter.argument in {"leverage", "margin_type"}]
    for setter in setters:
        await right.test_setting_leaves_the_other_half(setter=setter)

    old: Endpoint[Any] = JOINT.SET_LEVERAGE
    wrong = attrs.evolve(old, completion=Completion(frozenset({"margin", "leverage"}), guess))
    for name in ("SET_LEVERAGE", "SET_MARGIN_TYPE"):
        monkeypatch.setattr(JointEndpoints, name, wrong)
    endpoints = tuple(wrong if one is old else one for one in JOINT_TOY.endpoints)
    checks = suite_of(Inventory(attrs.evolve(JOINT_TOY, endpoints=endpoints), RECORDED))()
    for setter in setters:
        assert await fails(checks.test_setting_leaves_the_other_half, setter=setter)


def test_leverage_that_a_margin_type_lacks_does_not_stay() -> None:
    """Where only one margin type has a leverage, a write of the margin type is not expected to leave it."""
    leverage, margin_type = (one for one in SETTERS if one.argument in {"leverage", "margin_type"})
    rest = tuple(one for one in JOINT_TOY.behaviours if not isinstance(one, LeverageBehaviour))
    for kinds, stays in ((frozenset(MarginType), True), (frozenset({MarginType.ISOLATED}), False)):
        behaviours = (*rest, LeverageBehaviour(margin_types=kinds))
        inventory = Inventory(attrs.evolve(JOINT_TOY, behaviours=behaviours), RECORDED)
        assert inventory.stays_with(leverage, margin_type) is stays
        assert inventory.stays_with(margin_type, leverage)


# -- what must not be sent twice


async def test_write_that_is_sent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that adds up, declared as if repeating it were harmless, is found."""
    adding = TOY.ADD_COLLATERAL

    def decode(body: bytes) -> Any:
        return Change(adding.decode(body), changed=True)

    async def absent(call: Call, lost: Lost) -> Reading[Any]:
        return Reading("as before", holds=False)

    harmless_looking = {"effect": Effect.SET, "decode": Changing(decode), "readback": absent, "claims": None}
    checks = swapped(monkeypatch, "ADD_COLLATERAL", **harmless_looking)
    (harmless,) = (one for one in checks.inventory.venue.endpoints if one.path == adding.path)
    with pytest.raises(ValueError, match="too many values to unpack"):
        await OnceChecks.test_lost_write_arrives_once(checks, once_endpoint=harmless, fate=DropAfter())


# -- reads


@pytest.mark.parametrize("unreadable", [Cut(0), Cut(1)], ids=["empty", "cut"])
async def test_decoder_that_makes_something_of_nothing(monkeypatch: pytest.MonkeyPatch, unreadable: Any) -> None:
    """A decoder that takes an unreadable answer for an empty one is found."""
    careful = TOY.WALLET.decode

    def lenient(body: bytes) -> Any:
        try:
            return careful(body)
        except ValueError:
            return ()

    checks = swapped(monkeypatch, "WALLET", decode=lenient)
    (wallet,) = (one for one in checks.inventory.venue.endpoints if one.path == "/v1/wallet")
    assert await fails(checks.test_unreadable_answer, read_endpoint=wallet, unreadable=unreadable)


async def test_read_that_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read declared as a write is not asked again, and found."""
    checks = swapped(monkeypatch, "WALLET", effect=Effect.DELTA)
    (wallet,) = (one for one in checks.inventory.venue.endpoints if one.path == "/v1/wallet")
    with pytest.raises(Exception, match="no read can show its outcome"):
        await checks.test_read_survives_a_lost_answer(read_endpoint=wallet)


# -- secrets


async def test_repr_that_shows_the_key(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """An account that shows its key is found."""
    monkeypatch.setattr(ToyPerpAccount, "__repr__", lambda self: self._session.wire.key.reveal(), raising=False)
    assert "a secret is seen" in await fails(suite().test_planted_secrets_are_found_nowhere, caplog=caplog)


# -- values


async def test_margin_type_that_is_not_sent() -> None:
    """A venue whose orders have margin types and whose form leaves them out is found."""
    declared = ONE_ROUTE.behaviour(OrderBehaviour)
    others = [value for value in ONE_ROUTE.behaviours if value is not declared]
    both = attrs.evolve(declared, margin_types=frozenset({MarginType.CROSS, MarginType.ISOLATED}))
    venue = attrs.evolve(ONE_ROUTE, behaviours=(*others, both))
    checks = suite_of(Inventory(venue, Recorded(RECORDED.directory, ())))()

    words = await fails(checks.test_margin_type_of_an_order, margin_type=MarginType.ISOLATED)
    assert "the order was placed with None" in words


class _Settled(ToyPerpAccount):
    """Says that a linear contract settles elsewhere, and not how much a point of its price is worth."""

    __slots__ = ()

    async def get_instruments(self, *, symbol: str | None = None) -> tuple[Instrument, ...]:
        return tuple(attrs.evolve(one, settle="ELSEWHERE") for one in await super().get_instruments(symbol=symbol))


async def test_units_that_contradict_the_settle_asset() -> None:
    """A contract that settles in neither base nor quote, and is counted like one that does, is found."""
    assert ": base x None" in await fails(
        suite(account=_Settled).test_units_of_instruments, instrument_reader=InstrumentReader
    )
