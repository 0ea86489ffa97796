"""Hooks: when each is called, who answers first, and that each is tested and documented."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import click
import pytest
from tests.core.hooks.operators import Install, Store, runtime_of

from venuekit import RetryPolicy, Runtime, Secret, errors, hooks
from venuekit.cli.commands import State
from venuekit.cli.root import root
from venuekit.credentials import Credentials, HmacSigner
from venuekit.credentials.accounts_file import AccountEntry, credentials
from venuekit.hooks import hookimpl
from venuekit.message import HttpRequest, HttpResponse
from venuekit.pipeline import SlidingBudget
from venuekit.plugins import make_plugins
from venuekit.request_bounds import NonceRule
from venuekit.simulator import CannedAnswer, Simulation
from venuekit.testing import FakeTransport, InstantClock, json_answer
from venuekit.venue import EnvironmentName, Limit, LimitScope
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY

NAMES = [name for name in hooks.__all__ if name.startswith("venuekit_")]
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("hook", NAMES)
def test_every_hook_is_tested_and_documented(hook: str) -> None:
    """A hook has a test named after it, and a heading in the documentation that is its signature."""
    specification = getattr(hooks, hook)
    arguments = ", ".join(specification.__code__.co_varnames[: specification.__code__.co_argcount])

    assert [name for name in globals() if name.startswith(f"test_{hook}_")]
    headings = re.findall(r"^#+ `(.+)`$", (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert f"{hook}({arguments})" in headings


def test_no_documented_hook_is_missing() -> None:
    """The documentation has no heading for a hook that does not exist."""
    text = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")

    assert sorted(NAMES) == sorted(re.findall(r"^#+ `(venuekit_\w+)\(", text, re.MULTILINE))


def test_venuekit_register_venues_is_called_when_the_venue_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, with a function that takes the venue; asking again does not call it again."""
    calls: list[Any] = []

    def venuekit_register_venues(register: Callable[[Any], None]) -> None:
        calls.append(register)
        register(TOY_PERP)

    module = ModuleType("another_toy")
    module.VENUEKIT_API = hooks.API_VERSION  # type: ignore[attr-defined]
    module.venuekit_register_venues = hookimpl(venuekit_register_venues)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "another_toy", module)
    plugins = make_plugins(entry_points=[EntryPoint("toy_perp", "another_toy", "venuekit.venues")])

    assert plugins.venue_ids() == ("toy_perp",)
    assert calls == []
    assert plugins.venue("toy_perp") is plugins.venue("toy_perp") is TOY_PERP
    assert len(calls) == 1


async def test_venuekit_make_signer_is_called_once_per_account(sim: Simulation, operator: Install) -> None:
    """Each account that is opened asks once; what the operator answers signs, and None leaves it to core."""
    asked: list[Any] = []

    def venuekit_make_signer(venue: Any, credentials: Any) -> HmacSigner | None:
        asked.append((venue.id, credentials))
        return None if len(asked) > 1 else HmacSigner(Secret("the vault holds another secret"))

    async with runtime_of(sim, operator(venuekit_make_signer)) as runtime:
        wrong = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
        right = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
        with pytest.raises(errors.AuthenticationFailed):
            await wrong.call(TOY.WALLET)
        assert await right.call(TOY.WALLET)
        assert await right.call(TOY.WALLET)

    assert [("toy_perp", sim.credentials("toy_perp"))] * 2 == asked


async def test_venuekit_make_signer_that_keeps_the_keys_leaves_each_its_own_numbers(operator: Install) -> None:
    """Accounts whose secret is only a word for the vault: the answer to one key proves nothing about another one."""

    def venuekit_make_signer(venue: Any, credentials: Any) -> HmacSigner:
        return HmacSigner(Secret("in the vault"))

    venue = attrs.evolve(TOY_PERP, nonce=NonceRule(1000))
    async with (
        Simulation((venue,), clock=InstantClock()) as sim,
        runtime_of(sim, operator(venuekit_make_signer)) as runtime,
    ):
        keys = (sim.credentials("toy_perp"), sim.credentials("toy_perp"), sim.credentials("toy_perp", sub_account=True))
        accounts = [await runtime.open(venue, Credentials.sim(str(one.rest), one.key, "vault")) for one in keys]

    first, second, other = (account._session.nonces for account in accounts)
    assert first is second
    assert first is not None
    assert other is not None
    assert other.name != first.name


async def test_venuekit_retry_policy_is_called_once_per_venue(operator: Install) -> None:
    """Several accounts at several places ask once per runtime."""
    asked: list[str] = []

    def venuekit_retry_policy(venue: Any) -> None:
        asked.append(venue.id)

    async with (
        Simulation((TOY_PERP,)) as one,
        Simulation((TOY_PERP,)) as two,
        Runtime(plugins=operator(venuekit_retry_policy), journal=False) as runtime,
    ):
        for sim in (one, one, two):
            await runtime.open(TOY_PERP, sim.credentials("toy_perp"))

    assert asked == ["toy_perp"]


@pytest.mark.parametrize(("attempts", "arrivals"), [(1, 1), (2, 2), (100, 4)])
async def test_venuekit_retry_policy_can_only_lower(
    sim: Simulation, operator: Install, attempts: int, arrivals: int
) -> None:
    """Fewer attempts are obeyed; more than core's own four are not."""

    def venuekit_retry_policy(venue: Any) -> RetryPolicy:
        return RetryPolicy(attempts=attempts, first_wait=99.0, longest_wait=99.0, max_wait_read=9999.0)

    async with runtime_of(sim, operator(venuekit_retry_policy)) as runtime:
        account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
        sim.requests.clear()
        sim.disturb("toy_perp", TOY.WALLET, CannedAnswer.html(502), times=20)
        before = sim._clock.monotonic()
        with pytest.raises(errors.OutcomeNotStated):
            await account.call(TOY.WALLET)

    assert arrivals == len(sim.requests)
    assert sim._clock.monotonic() - before < 30.0


def test_a_policy_lowers_each_number_by_itself() -> None:
    """What is lower in either of two policies holds in the tightened one."""
    loose, strict = RetryPolicy(attempts=9, max_wait_set=1.0), RetryPolicy(attempts=2, max_wait_set=99.0)

    tightened = RetryPolicy().tighten(loose).tighten(strict)

    assert attrs.evolve(RetryPolicy(), attempts=2, max_wait_set=1.0) == tightened


async def test_venuekit_make_budget_is_called_once_per_pool(sim: Simulation, operator: Install) -> None:
    """A pool of the address is one for all accounts, a pool of the account is one for each key; each spends in it."""
    made: dict[Any, SlidingBudget] = {}

    def venuekit_make_budget(pool: Any) -> SlidingBudget:
        assert pool not in made
        made[pool] = SlidingBudget(pool.limit)
        return made[pool]

    limits = (
        Limit("weight", amount=1200, seconds=60),
        Limit("settings", amount=10, seconds=1, scope=LimitScope.ACCOUNT),
    )
    reading = attrs.evolve(TOY.SETTINGS, pools={"weight": None, "settings": 1})
    endpoints = tuple(reading if one is TOY.SETTINGS else one for one in TOY_PERP.endpoints)
    venue = attrs.evolve(TOY_PERP, limits=limits, endpoints=endpoints)
    async with runtime_of(sim, operator(venuekit_make_budget)) as runtime:
        for read_only in (False, False, True):
            account = await runtime.open(venue, sim.credentials("toy_perp", read_only=read_only))
            await account.call(reading)

    assert sorted(pool.limit.name for pool in made) == ["settings", "settings", "weight"]
    assert [pool.owner for pool in made if pool.limit.name == "weight"] == [None]
    spent = {pool.limit.name: budget._used for pool, budget in made.items() if pool.owner is None}
    assert spent == {"weight": 1 + 3 * 2}


async def test_venuekit_make_budget_store_is_called_once_per_runtime(sim: Simulation, operator: Install) -> None:
    """Every request pays from the store under the names of its pools; it is closed with the runtime."""
    made: list[Store] = []

    def venuekit_make_budget_store() -> Store:
        made.append(Store())
        return made[-1]

    async with runtime_of(sim, operator(venuekit_make_budget_store)) as runtime:
        for _ in range(2):
            account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
            await account.call(TOY.SETTINGS)
        (store,) = made
        states = [store.is_closed]

    assert [*states, store.is_closed] == [False, True]
    assert {(name.limit.name, name.address) for due in store.paid for name, _ in due} == {("weight", "loopback")}
    assert len(store.paid) == len(sim.requests)


async def test_venuekit_make_transport_is_called_once_per_venue_and_environment(operator: Install) -> None:
    """Every account of a place goes over the one transport, which is closed with the runtime."""
    made: list[tuple[str, str, FakeTransport]] = []

    def reply(request: HttpRequest) -> HttpResponse:
        return json_answer({"now": time.time_ns() // 1_000_000})

    def venuekit_make_transport(venue: Any, environment: Any) -> FakeTransport:
        made.append((venue.id, environment.rest, FakeTransport(reply)))
        return made[-1][2]

    from venuekit import Credentials

    async with Runtime(plugins=operator(venuekit_make_transport), journal=False) as runtime:
        for place in ("http://127.0.0.1:9/a", "http://127.0.0.1:9/a", "http://127.0.0.1:9/b"):
            await runtime.open(TOY_PERP, Credentials.sim(place, "k", "s"))

    assert [one[:2] for one in made] == [("toy_perp", "http://127.0.0.1:9/a"), ("toy_perp", "http://127.0.0.1:9/b")]
    assert [len(transport.requests) for _, _, transport in made] == [1, 1]
    assert all(transport.is_closed for _, _, transport in made)


async def test_venuekit_resolve_secret_runs_in_a_worker_thread(
    operator: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It may block; and ``env:`` and ``file:`` are resolved by core, so that no plugin sees them pass."""
    seen: dict[str, bool] = {}

    def venuekit_resolve_secret(reference: str) -> Secret | None:
        seen[reference] = threading.current_thread() is threading.main_thread()
        return Secret("from-the-vault") if reference.startswith("vault:") else None

    plugins = operator(venuekit_resolve_secret)
    monkeypatch.setenv("TOY_SECRET", "from-the-environment")
    entry = AccountEntry(
        name="main", venue="toy_perp", environment=EnvironmentName.LIVE, key="vault:toy", secret="env:TOY_SECRET"
    )

    found = await credentials(entry, plugins)

    assert (found.key.reveal(), found.secret.reveal()) == ("from-the-vault", "from-the-environment")
    assert seen == {"vault:toy": False}
    with pytest.raises(errors.AccountsFileError, match="no plugin knows this kind of reference"):
        await credentials(attrs.evolve(entry, key="safe:toy"), plugins)


async def test_venuekit_observe_is_called_once_per_venue_and_sees_every_operation(operator: Install) -> None:
    """One observer per venue and runtime hears of all accounts and places; nobody can answer before it."""
    asked: list[str] = []
    events: list[Any] = []

    def venuekit_observe(venue: Any) -> Callable[[Any], None]:
        asked.append(venue.id)
        return events.append

    async with (
        Simulation((TOY_PERP,)) as one,
        Simulation((TOY_PERP,)) as two,
        Runtime(plugins=operator(venuekit_observe), journal=False) as runtime,
    ):
        accounts = [await runtime.open(TOY_PERP, sim.credentials("toy_perp")) for sim in (one, two)]
        events.clear()
        for account in accounts:
            await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert asked == ["toy_perp"]
    assert [event.kind for event in events] == ["request", "budget", "answer", "end"] * 2
    assert {("toy_perp", "set_leverage", "GEMUSD")} == {(one.venue, one.operation, one.subject) for one in events}


def test_venuekit_register_commands_adds_to_the_command_line(
    operator: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plugin's command stands beside core's own, coroutine or not."""

    @click.command("greet")
    async def greet() -> None:
        """Say hello."""
        click.echo("hello from a plugin")

    def venuekit_register_commands(register: Callable[[Any], None]) -> None:
        register(greet)

    state = State()
    state.plugins = operator(venuekit_register_commands)
    root.main(["greet"], obj=state, standalone_mode=False)
    assert capsys.readouterr().out == "hello from a plugin\n"

    root.main(["--help"], obj=state, standalone_mode=False)
    assert "greet" in capsys.readouterr().out
