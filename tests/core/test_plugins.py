"""Plugins are found, loaded under a guard, kept apart, and named when they are broken."""

from __future__ import annotations

import sys
import textwrap
import threading
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from tests.core.plugin_sites import Discover, Install, venue_code

from venuekit import hooks
from venuekit.errors import AccountsFileError, PluginError, UnknownVenue
from venuekit.plugins import make_plugins

CROSS_CUTTING = """
from venuekit.hooks import hookimpl
VENUEKIT_API = 1
"""


def test_ids_are_known_without_importing(install: Install, discover: Discover) -> None:
    """Listing the venues imports none of them."""
    install("acme", venue_code("acme_perp"), venues=("acme_perp",))
    install("broken", "raise RuntimeError", venues=("broken_perp",))

    plugins = discover()

    assert plugins.venue_ids() == ("acme_perp", "broken_perp")
    assert plugins.broken() == ()
    assert "acme" not in sys.modules
    assert str(plugins.distribution("acme_perp")) == "acme 1.5"


def test_a_venue_is_imported_when_asked_for(install: Install, discover: Discover) -> None:
    """The first question imports the plugin, the second gives the same venue."""
    install("acme", venue_code("acme_perp"), venues=("acme_perp",))
    plugins = discover()

    venue = plugins.venue("acme_perp")

    assert venue.id == "acme_perp"
    assert plugins.venue("acme_perp") is venue


async def test_load_imports_in_a_worker_thread(install: Install, discover: Discover) -> None:
    """The asynchronous way imports outside the loop's thread."""
    install("acme", "import threading\nWHERE = threading.current_thread()\n" + venue_code("acme"), venues=("acme",))
    plugins = discover()

    venue = await plugins.load("acme")

    assert sys.modules["acme"].WHERE is not threading.current_thread()
    assert await plugins.load("acme") is venue


def test_one_module_may_provide_several_venues(install: Install, discover: Discover) -> None:
    """Two entry points of one distribution may name one module that registers both venues."""
    install("acme", venue_code("acme_perp", "acme_spot"), venues=("acme_perp", "acme_spot"))
    plugins = discover()

    assert [plugins.venue(one).id for one in plugins.venue_ids()] == ["acme_perp", "acme_spot"]


def test_an_unknown_venue_names_the_installed_ones(install: Install, discover: Discover) -> None:
    """The error lists what is installed and offers the nearest name."""
    install("acme", venue_code("acme_perp"), venues=("acme_perp",))
    install("other", venue_code("other_perp"), venues=("other_perp",))
    plugins = discover()

    with pytest.raises(UnknownVenue, match="'acme_prep'; installed: acme_perp, other_perp; did you mean acme_perp"):
        plugins.venue("acme_prep")
    with pytest.raises(UnknownVenue, match="did you mean acme_perp"):
        plugins.distribution("ACME_PERP")


def test_no_venue_at_all() -> None:
    """Without any plugin the error says so, and how to install one."""
    with pytest.raises(UnknownVenue, match="none is installed at all; pip install "):
        make_plugins(entry_points=()).venue("acme_perp")


async def test_a_broken_venue_is_named_by_load_too(install: Install, discover: Discover) -> None:
    """The asynchronous way raises the same error, with what was raised as its cause."""
    install("acme", "raise LookupError('gone')", venues=("acme_perp",))

    with pytest.raises(PluginError, match=r"acme 1\.5 cannot be used: LookupError: gone") as caught:
        await discover().load("acme_perp")

    assert isinstance(caught.value.__cause__, LookupError)


def test_a_failed_venue_leaves_no_hook_behind(install: Install, discover: Discover) -> None:
    """A plugin that breaks while it registers is unregistered: its half-made venues are not to be had."""
    install("acme", venue_code("acme_perp", "stray_perp"), venues=("acme_perp",))
    plugins = discover()

    with pytest.raises(PluginError, match="registered venue 'stray_perp'"):
        plugins.venue("acme_perp")
    with pytest.raises(UnknownVenue):
        plugins.venue("stray_perp")


def test_two_distributions_claiming_one_id(install: Install, discover: Discover) -> None:
    """Neither of the two is taken silently; the error names both, and how to choose."""
    install("acme-one", venue_code("acme_perp"), venues=("acme_perp",))
    install("acme-two", venue_code("acme_perp"), venues=("acme_perp",))

    with pytest.raises(PluginError, match=r"acme-one 1\.5 and acme-two 1\.5 both provide venue acme_perp"):
        discover().venue("acme_perp")

    assert discover(disabled={"acme-two"}).venue("acme_perp").id == "acme_perp"


def test_disable_blocks_by_name(install: Install, discover: Discover, monkeypatch: pytest.MonkeyPatch) -> None:
    """VENUEKIT_DISABLE names what is left alone, and the error says that this is why."""
    install("acme", venue_code("acme_perp"), venues=("acme_perp",))
    install("other", venue_code("other_perp"), venues=("other_perp",))
    monkeypatch.setenv("VENUEKIT_DISABLE", " acme_perp, nothing ,")

    plugins = discover()

    assert plugins.venue_ids() == ("other_perp",)
    with pytest.raises(UnknownVenue, match=r"'acme_perp' of acme 1\.5 is disabled by VENUEKIT_DISABLE"):
        plugins.venue("acme_perp")


def test_a_broken_cross_cutting_plugin_is_kept_apart(install: Install, discover: Discover) -> None:
    """Cross-cutting plugins load at start; a broken one is told by broken() and the others answer."""
    install("vault", "raise OSError('no vault')", plugins=("vault",))
    install("misspelt", CROSS_CUTTING + "@hookimpl\ndef venuekit_observer(venue): return 1", plugins=("misspelt",))
    install("meter", CROSS_CUTTING + "@hookimpl\ndef venuekit_observe(venue): return print", plugins=("meter",))
    install("venues", venue_code("x"), plugins=("venues",))

    plugins = discover()

    told = {one.name: str(one) for one in plugins.broken()}
    assert set(told) == {"vault", "misspelt", "venues"}
    assert "OSError: no vault" in told["vault"]
    assert "rename venuekit_observer to venuekit_observe" in told["misspelt"]
    assert "every hook but venuekit_register_venues" in told["venues"]
    observed: Any = "a venue"
    assert plugins.observers(observed) == (print,)


class _Defaults:
    """What core would answer."""

    @hooks.hookimpl(trylast=True)
    def venuekit_retry_policy(self, venue: object) -> str:
        return f"default for {venue}"


def test_plugins_answer_before_the_defaults(install: Install, discover: Discover) -> None:
    """Defaults are asked last, also after a plugin that wants to be last."""
    code = """
    from venuekit.pipeline import RetryPolicy
    @hookimpl(trylast=True)
    def venuekit_retry_policy(venue): return RetryPolicy(attempts=1) if venue == 'acme' else None
    """
    install("strict", CROSS_CUTTING + textwrap.dedent(code), plugins=("strict",))
    plugins: Any = discover(defaults=(_Defaults(),))

    assert plugins.retry_policy("acme").attempts == 1
    assert plugins.retry_policy("other") == "default for other"


def test_a_hook_nobody_answers(discover: Discover) -> None:
    """Where an answer is needed its absence is an error; a secret nobody knows is None."""
    plugins: Any = discover(defaults=())

    with pytest.raises(PluginError, match="no plugin answers venuekit_make_budget for pool 'weight'"):
        plugins.make_budget("weight")
    assert plugins.resolve_secret("vault:x") is None
    assert plugins.observers("acme") == ()
    assert plugins.commands() == ()


def test_a_hook_that_raises_names_its_plugin(install: Install, discover: Discover) -> None:
    """A plugin's own error names its distribution; an error of ours passes unchanged."""
    code = """
    @hookimpl
    def venuekit_resolve_secret(reference):
        if reference == "vault:ours":
            from venuekit.errors import AccountsFileError
            raise AccountsFileError("the vault has no such name")
        raise ConnectionError("the vault is shut")
    """
    install("venuekit-vault", CROSS_CUTTING + textwrap.dedent(code), plugins=("vault",))
    plugins = discover()

    with pytest.raises(PluginError, match=r"venuekit-vault 1\.5 failed: ConnectionError: the vault is shut"):
        plugins.resolve_secret("vault:x")
    with pytest.raises(AccountsFileError, match="no such name"):
        plugins.resolve_secret("vault:ours")


OPERATORS = {
    "venuekit_make_signer(venue, credentials)": lambda plugins: plugins.make_signer("acme", "credentials"),
    "venuekit_retry_policy(venue)": lambda plugins: plugins.retry_policy("acme"),
    "venuekit_make_budget(pool)": lambda plugins: plugins.make_budget("weight"),
    "venuekit_observe(venue)": lambda plugins: plugins.observers("acme"),
    "venuekit_register_commands(register)": lambda plugins: plugins.commands(),
}


class _Everything:
    """Core's answers to all hooks."""

    @hooks.hookimpl(trylast=True)
    def venuekit_make_signer(self, venue: object, credentials: object) -> str:
        return "core's"

    @hooks.hookimpl(trylast=True)
    def venuekit_retry_policy(self, venue: object) -> str:
        return "core's"

    @hooks.hookimpl(trylast=True)
    def venuekit_make_budget(self, pool: object) -> str:
        return "core's"


@pytest.mark.parametrize("hook", OPERATORS)
def test_an_operators_hook_that_raises_is_broken_and_told(install: Install, discover: Discover, hook: str) -> None:
    """The plugin is asked no more, told once with its cause and mend, and the others answer."""
    code = f"@hookimpl\ndef {hook}: raise RuntimeError('boom')"
    install("acme-ops", CROSS_CUTTING + code, plugins=("ops",))
    told: list[Any] = []
    plugins: Any = discover(defaults=(_Everything(),), on_flaw=told.append)
    assert (told, plugins.broken_operators()) == ([], ())

    answers = [OPERATORS[hook](plugins) for _ in range(2)]

    assert answers in ([["core's"] * 2, [(), ()]])
    [broken] = told
    assert plugins.broken_operators() == plugins.broken() == (broken,)
    assert str(broken) == (
        f"plugin ops of acme-ops 1.5 cannot be used: {hook.partition('(')[0]} raised RuntimeError: boom "
        f"({broken.place}); mend it and start again, or name acme-ops in VENUEKIT_DISABLE"
    )
    assert "boom" in broken.traceback


@pytest.mark.parametrize(
    ("hook", "cause"),
    [
        ("venuekit_make_signer(venue, credentials)", "venuekit_make_signer returned bytes, which has no method sign"),
        ("venuekit_retry_policy(venue)", "venuekit_retry_policy returned bytes, which is no RetryPolicy"),
        (
            "venuekit_make_budget(pool)",
            (
                "venuekit_make_budget returned bytes, which has no method "
                "wait, spend, set_used, close, seconds_closed, is_banned"
            ),
        ),
        ("venuekit_observe(venue)", "venuekit_observe returned bytes, which cannot be called"),
    ],
)
def test_an_operators_answer_of_the_wrong_kind_is_broken_and_told(
    install: Install, discover: Discover, hook: str, cause: str
) -> None:
    """It is met when the hook is asked, not in the middle of a write; the operators beside it go on."""
    install("acme-ops", CROSS_CUTTING + f"@hookimpl\ndef {hook}: return b'secret'", plugins=("ops",))
    meter = "@hookimpl\ndef venuekit_observe(venue): return print"
    install("meter", CROSS_CUTTING + meter, plugins=("meter",))
    told: list[Any] = []
    plugins: Any = discover(defaults=(_Everything(),), on_flaw=told.append)

    answers = [OPERATORS[hook](plugins) for _ in range(2)]

    assert answers in ([["core's"] * 2, [(print,), (print,)]])
    [broken] = told
    assert (broken.name, broken.cause) == ("ops", cause)
    assert broken.mend == "mend it and start again, or name acme-ops in VENUEKIT_DISABLE"
    assert plugins.broken_operators() == (broken,)


def test_an_operators_plugin_that_cannot_be_loaded_is_told(
    install: Install, discover: Discover, caplog: pytest.LogCaptureFixture
) -> None:
    """Left to itself the library logs a warning; one that is disabled is not told."""
    install("acme-ops", "raise OSError('no vault')", plugins=("ops",))

    assert [one.name for one in discover().broken_operators()] == ["ops"]
    assert "plugin ops of acme-ops 1.5 cannot be used: OSError: no vault" in caplog.text
    caplog.clear()
    assert discover(disabled={"acme-ops"}).broken_operators() == ()
    assert caplog.text == ""


def test_commands_are_collected(install: Install, discover: Discover) -> None:
    """Every plugin's commands are handed over."""
    code = "@hookimpl\ndef venuekit_register_commands(register): register('one'); register('two')"
    install("extra", CROSS_CUTTING + code, plugins=("extra",))

    assert discover().commands() == ("one", "two")


def test_the_installed_plugins_are_found() -> None:
    """Without arguments everything that is installed is found."""
    assert "toy_perp" in make_plugins().venue_ids()


def test_entry_points_of_other_groups_are_not_ours() -> None:
    """What is announced elsewhere is left alone."""
    assert make_plugins(entry_points=[EntryPoint("x", "nowhere", "console_scripts")]).venue_ids() == ()
