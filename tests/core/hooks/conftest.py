"""An operator's plugin, and the toy venue."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import pytest
from tests.core.hooks.operators import Install

from venuekit import hooks
from venuekit.hooks import hookimpl
from venuekit.plugins import Plugins, make_plugins
from venuekit.simulator import Simulation
from venuekit.testing import InstantClock
from venuekit_toy_perp import TOY_PERP


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Install:
    """An operator's plugin, entered by its entry point like any installed one: ``operator(a_hook, another)``."""

    def install(*implementations: Callable[..., Any]) -> Plugins:
        module = ModuleType("operators_plugin")
        module.VENUEKIT_API = hooks.API_VERSION  # type: ignore[attr-defined]
        for one in implementations:
            setattr(module, one.__name__, hookimpl(one))
        monkeypatch.setitem(sys.modules, module.__name__, module)
        plugins = make_plugins(
            entry_points=[
                EntryPoint("toy_perp", "venuekit_toy_perp", "venuekit.venues"),
                EntryPoint("operator", module.__name__, "venuekit.plugins"),
            ]
        )
        assert plugins.broken() == ()
        return plugins

    return install


@pytest.fixture
async def sim() -> AsyncIterator[Simulation]:
    """The toy venue on a clock on which waiting takes no time."""
    async with Simulation((TOY_PERP,), clock=InstantClock()) as simulation:
        yield simulation
