"""Hooks that answer wrongly or break: who did it is named, and nothing unsafe follows."""

from __future__ import annotations

import sys
from functools import partial, wraps
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import attrs
import pytest
from tests.core.hooks.operators import Install, Store, runtime_of

from venuekit import Runtime, Secret, errors, hooks
from venuekit._contract import misfit
from venuekit.credentials import Credentials
from venuekit.credentials.accounts_file import AccountEntry, credentials
from venuekit.hooks import hookimpl
from venuekit.plugins import make_plugins
from venuekit.simulator import Simulation
from venuekit.venue import Environment, EnvironmentName
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY


async def test_a_store_that_cannot_be_awaited_is_refused_when_it_is_opened(operator: Install) -> None:
    """One error names the plugin, the hook and the methods that are no coroutine functions; nothing is paid."""

    class Careless(Store):
        def pay(self, due: Any, *_: Any, **__: Any) -> Any:
            raise AssertionError("never called")

        def leave(self, waiter: str) -> Any: ...

    def venuekit_make_budget_store() -> Store:
        return Careless()

    words = (
        r"plugin operator of .+ cannot be used: venuekit_make_budget_store returned Careless, whose pay and leave are"
        r" not async def \(.+/test_misfits.py:\d+\); mend it and start again, or name .+ in VENUEKIT_DISABLE"
    )
    async with Runtime(plugins=operator(venuekit_make_budget_store), journal=False) as runtime:
        with pytest.raises(errors.PluginError, match=f"^{words}$"):
            await runtime.open(TOY_PERP, Credentials.sim("http://127.0.0.1:9", "k", "s"))


def test_a_store_whose_methods_are_wrapped_is_taken() -> None:
    """By a decorator, as an object that is called, or with arguments of its own: each is awaited all the same."""

    class Awaited:
        async def __call__(self, waiter: str) -> None: ...

    class Wrapped(Store):
        def __init__(self) -> None:
            super().__init__()
            vars(self).update(leave=Awaited(), states=partial(super().states))

        @wraps(Store.report)
        def report(self, *reports: Any) -> Any:  # type: ignore[override]  # it is called as the one that it wraps
            return super().report(*reports)

    class Plain(Store):
        def states(self) -> Any: ...

    assert misfit("venuekit_make_budget_store", Wrapped()) is None
    words = "venuekit_make_budget_store returned Plain, whose states is not async def"
    assert misfit("venuekit_make_budget_store", Plain()) == words


async def test_a_transport_or_secret_of_the_wrong_type_is_refused_by_name(operator: Install) -> None:
    """One error names the plugin, the hook and the type, never the value, before anything is made of it."""

    def venuekit_make_transport(venue: Any) -> Any:
        return "over the wire"

    def venuekit_resolve_secret(reference: str) -> Any:
        return "from-the-vault"

    plugins = operator(venuekit_make_transport, venuekit_resolve_secret)
    mend = r" \(.+/test_misfits.py:\d+\); mend it and start again, or name .+ in VENUEKIT_DISABLE"
    words = (
        r"plugin operator of .+ cannot be used: venuekit_make_transport returned str, which has no method send, aclose"
    )
    async with Runtime(plugins=plugins, journal=False) as runtime:
        with pytest.raises(errors.PluginError, match=f"^{words}{mend}$"):
            await runtime.open(TOY_PERP, Credentials.sim("http://127.0.0.1:9", "k", "s"))

    words = "plugin operator of .+ cannot be used: venuekit_resolve_secret returned str, which is no Secret"
    entry = AccountEntry(
        name="main", venue="toy_perp", environment=EnvironmentName.LIVE, key="vault:k", secret="vault:s"
    )
    with pytest.raises(errors.VenuekitError, match=f"{words}{mend}") as caught:
        await credentials(entry, plugins)
    assert "from-the-vault" not in str(caught.value)


async def test_observers_are_notified_of_a_broken_plugin_once(monkeypatch: pytest.MonkeyPatch, sim: Simulation) -> None:
    """By its name and distribution, before the first request of the account that met it."""
    events: list[Any] = []
    watching, raising = ModuleType("watching_plugin"), ModuleType("raising_plugin")
    hooks_of = {watching: lambda venue: events.append, raising: _Shaken.venuekit_retry_policy}
    for module, hook in hooks_of.items():
        name = "venuekit_observe" if module is watching else "venuekit_retry_policy"
        vars(module).update({"VENUEKIT_API": hooks.API_VERSION, name: hookimpl(hook, specname=name)})
        monkeypatch.setitem(sys.modules, module.__name__, module)
    points = [EntryPoint(name, f"{name}_plugin", "venuekit.plugins") for name in ("watching", "raising")]
    async with runtime_of(sim, make_plugins(entry_points=points)) as runtime:
        for _ in range(2):
            await runtime.open(TOY_PERP, sim.credentials("toy_perp"))

    failures = [event for event in events if event.kind == "plugin_failure"]
    assert [("toy_perp", "connect", "sim")] == [(one.venue, one.operation, one.environment) for one in failures]
    assert failures[0].plugin == "plugin raising of raising_plugin (not installed)"
    assert events.index(failures[0]) == 0


class _Shaken:
    """Hooks that raise when they are asked."""

    @staticmethod
    def venuekit_make_budget(pool: Any) -> Any:
        raise RuntimeError("no shared budget")

    @staticmethod
    def venuekit_observe(venue: Any) -> Any:
        raise RuntimeError("no audit trail")

    @staticmethod
    def venuekit_make_signer(venue: Any, credentials: Any) -> Any:
        raise RuntimeError("no vault")

    @staticmethod
    def venuekit_retry_policy(venue: Any) -> Any:
        raise RuntimeError("no policy")


def _live(sim: Simulation) -> tuple[Any, Any]:
    """The toy venue with the simulation as its live environment, and credentials for it."""
    live = Environment(name=EnvironmentName.LIVE, rest=sim.rest("toy_perp"))
    venue = attrs.evolve(TOY_PERP, environments=(live,), simulated=None)
    return venue, Credentials(Secret(sim.key), Secret(sim.secret), EnvironmentName.LIVE)


@pytest.mark.parametrize("hook", [name for name in vars(_Shaken) if name.startswith("venuekit_")])
async def test_a_broken_operator_bars_writes_on_live(sim: Simulation, operator: Install, hook: str) -> None:
    """Reading goes on; nothing that could add passes until the plugin is mended, and the text says which and how."""
    venue, credentials_of_live = _live(sim)
    async with runtime_of(sim, operator(getattr(_Shaken, hook))) as runtime:
        account = await runtime.open(venue, credentials_of_live)
        await account.call(TOY.SETTINGS)
        sim.requests.clear()
        with pytest.raises(errors.GuardRefused) as caught:
            await account.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=7)

    assert caught.value.outcome is errors.Outcome.NOT_SENT
    assert f"{hook} raised RuntimeError" in str(caught.value)
    assert "VENUEKIT_DISABLE" in str(caught.value)
    assert sim.requests == []


async def test_a_broken_operator_leaves_the_way_out_open(sim: Simulation, operator: Install) -> None:
    """What cancels or reduces passes on live, and everything does elsewhere."""
    venue, credentials_of_live = _live(sim)
    reducing = attrs.evolve(TOY.SET_LEVERAGE, reduces=lambda parameters: parameters["leverage"] < 10)
    venue = attrs.evolve(
        venue, endpoints=tuple(reducing if one is TOY.SET_LEVERAGE else one for one in venue.endpoints)
    )
    async with runtime_of(sim, operator(_Shaken.venuekit_make_budget)) as runtime:
        account = await runtime.open(venue, credentials_of_live)
        await account.call(reducing, contract="GEMUSD", leverage=7)
        with pytest.raises(errors.GuardRefused):
            await account.call(reducing, contract="GEMUSD", leverage=12)
        elsewhere = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))
        await elsewhere.call(TOY.SET_LEVERAGE, contract="GEMUSD", leverage=12)

    assert sim.ledger.leverage("GEMUSD") == 12
