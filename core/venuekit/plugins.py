"""
Plugins: every installed extension, found by its entry point, loaded under a guard, called by typed methods.

Core's own defaults and cross-cutting plugins are registered in one :class:`pluggy.PluginManager`; a venue joins it when
it is asked for. One broken distribution never takes the others with it.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pluggy

from venuekit import hooks
from venuekit._asking import HookCaller
from venuekit._broken import (
    DISABLE_VARIABLE,
    Broken,
    ContractBroken,
    Flaw,
    broken_of,
    conflict_of,
    files_of,
    place_of_function,
)
from venuekit._contract import check_contract, check_venue, find_outdated, place_of_hook
from venuekit._entry_points import Announced, EntryPointGroup, PluginOrigin, SourceLine, find_announced, find_installed
from venuekit._installed import InstalledPlugin, PluginState, read_tier
from venuekit._loading import flaws_of, watch_loading
from venuekit._util.texts import did_you_mean
from venuekit.arguments import check_names
from venuekit.errors import PluginError, UnknownVenue
from venuekit.venue import Venue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from importlib.metadata import EntryPoint

    from venuekit.credentials import Credentials, Secret, Signer
    from venuekit.message import Transport
    from venuekit.pipeline import Budget, BudgetStore, Observer, PoolName, Proxy, RetryPolicy
    from venuekit.venue import Environment

__all__ = [
    "DISABLE_VARIABLE",
    "HOW_TO_INSTALL",
    "Broken",
    "Flaw",
    "InstalledPlugin",
    "PluginOrigin",
    "PluginState",
    "Plugins",
    "SourceLine",
    "make_plugins",
]

#: the mend where there is no plugin at all
HOW_TO_INSTALL = "pip install ./plugins/*/ in venuekit's repository, or a package that brings a venue"


def make_plugins(
    *,
    entry_points: Iterable[EntryPoint] | None = None,
    disabled: Collection[str] | None = None,
    defaults: Iterable[object] | None = None,
    on_flaw: Callable[[Flaw], None] | None = None,
) -> Plugins:
    """
    Find all plugins, load the cross-cutting ones, and leave the venues for when they are asked for.

    Args:
        entry_points: Where to look; None for everything that is installed.
        disabled: Names of entry points or distributions to leave alone; None for those in ``VENUEKIT_DISABLE``.
        defaults: Objects whose hook implementations, marked ``trylast``, answer when no plugin does; None for core's.
        on_flaw: Called with each cross-cutting plugin that is or gets broken (a :class:`Broken`), with each broken
            venue that a simulation leaves out, and with each plugin that is slow or prints while it is loaded; None
            logs a warning.
    """
    if defaults is None:
        from venuekit import _defaults

        defaults = (_defaults,)
    if disabled is None:
        disabled = {name.strip() for name in os.environ.get(DISABLE_VARIABLE, "").split(",")} - {""}
    announced = find_installed() if entry_points is None else find_announced(entry_points)
    disabled = check_names(disabled, "disabled", make_plugins.__name__)
    return Plugins(announced, frozenset(disabled), tuple(defaults), on_flaw or _warn)


def _warn(flaw: Flaw) -> None:
    import logging

    logging.getLogger(__name__).warning("%s", flaw)


class Plugins:
    """Installed plugins; made by :func:`make_plugins`. Safe to use from several threads."""

    __slots__ = (
        *("_announced", "_broken", "_caller", "_disabled", "_flaws", "_hooks", "_loaded", "_lock", "_locks"),
        *("_manager", "_seconds", "_taken", "_venues", "tell"),
    )

    def __init__(
        self,
        announced: Iterable[Announced],
        disabled: frozenset[str],
        defaults: tuple[object, ...],
        tell: Callable[[Flaw], None],
    ) -> None:
        #: reports a broken or flawed plugin to the maker of this object
        self.tell = tell
        self._taken: list[object] = []
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)
        self._hooks = tuple(name for name in vars(self._manager.hook) if name.startswith(hooks.PROJECT))
        self._manager.hook.venuekit_register_venues.call_historic(kwargs={"register": self._taken.append})
        #: held while a plugin is registered or expelled; that of an entry point, while it is imported
        self._lock = threading.RLock()
        self._locks: dict[Announced, threading.RLock] = {}
        self._announced: dict[tuple[EntryPointGroup, str], Announced] = {}
        self._broken: dict[tuple[EntryPointGroup, str], Broken] = {}
        self._flaws: list[Flaw] = []
        self._disabled: dict[tuple[EntryPointGroup, str], Announced] = {}
        self._loaded: dict[str, Announced] = {}
        self._seconds: dict[Announced, float] = {}
        self._caller = HookCaller(self._manager, self._loaded, self._expel)
        self._venues: dict[str, Venue[Any]] = {}
        for one in sorted(announced, key=lambda one: (one.group, one.name)):
            self._announce(one, disabled)
        for (group, name), one in self._announced.items():
            if group is EntryPointGroup.PLUGINS and (group, name) not in self._broken:
                self._load_guarded(one)
        for broken in self.broken_operators():
            self.tell(broken)
        for default in defaults:
            self._manager.register(default)

    def _announce(self, one: Announced, disabled: frozenset[str]) -> None:
        key = one.group, one.name
        if disabled and not disabled.isdisjoint({one.name, one.origin.distribution}):
            self._disabled[key] = one
            return
        other = self._announced.setdefault(key, one)
        if other is not one:
            provided = "venue" if one.group is EntryPointGroup.VENUES else "a plugin named"
            known = self._broken[key].origins if key in self._broken else (other.origin,)
            self._broken[key] = conflict_of(one.name, (*known, one.origin), provided)

    # -- venues

    def venue_ids(self) -> tuple[str, ...]:
        """Return the ids of all installed venues, broken ones included, in order; imports none of them."""
        return tuple(name for group, name in self._announced if group is EntryPointGroup.VENUES)

    def venue(self, venue_id: str) -> Venue[Any]:
        """
        Return a venue; the first time its plugin is imported.

        Raises:
            UnknownVenue: no installed distribution provides it; the text names those that are installed.
            PluginError: its distribution is broken; the text names it, its version, the cause and the remedy.
        """
        known = self._venues.get(venue_id)
        if known is not None:
            return known
        one = self._announced_venue(venue_id)
        with self._locks.setdefault(one, threading.RLock()):
            error = None
            if venue_id not in self._venues and (one.group, one.name) not in self._broken:
                error = self._load_guarded(one)
            if venue_id in self._venues:
                return self._venues[venue_id]
            raise PluginError(str(self._broken[one.group, one.name])) from error

    async def load(self, venue_id: str) -> Venue[Any]:
        """Return a venue as :meth:`venue` does, importing in a worker thread so that the loop keeps its beat."""
        import asyncio

        known = self._venues.get(venue_id)
        return await asyncio.to_thread(self.venue, venue_id) if known is None else known

    def distribution(self, venue_id: str) -> PluginOrigin:
        """Return which distribution provides a venue; imports nothing. Raises as :meth:`venue` when it is unknown."""
        return self._announced_venue(venue_id).origin

    def broken(self) -> tuple[Broken, ...]:
        """Return the plugins that are known to be broken; a venue is only known to be after it was asked for."""
        return tuple(self._broken.values())

    def find_broken(self, venue_id: str) -> Broken | None:
        """Return a venue that was asked for and is broken, None when nothing of it is known."""
        return self._broken.get((EntryPointGroup.VENUES, venue_id))

    def broken_operators(self) -> tuple[Broken, ...]:
        """
        Return the cross-cutting plugins that are broken: those that could not be loaded, and whose hooks have raised.

        An operator who installed a signer, budget or observer wants nothing sent without it: on ``live`` only cancels
        and reducing orders pass until they are mended or disabled.
        """
        return tuple(broken for (group, _), broken in self._broken.items() if group is EntryPointGroup.PLUGINS)

    def flaws(self) -> tuple[Flaw, ...]:
        """Return the faults of plugins that work: those that were slow to load, or printed meanwhile."""
        return tuple(self._flaws)

    def list_installed(self) -> tuple[InstalledPlugin, ...]:
        """
        Return every installed plugin, cross-cutting ones first, each group by name; imports all that were not yet.

        Where distributions claim one name, there is one entry for all of them.
        """
        for venue_id in self.venue_ids():
            with suppress(PluginError):
                self.venue(venue_id)
        listed = [self._describe(one) for one in self._announced.values()]
        problem = f"it is named in {DISABLE_VARIABLE}"
        listed += [
            InstalledPlugin(one.name, one.group, (one.origin,), PluginState.DISABLED, problem=problem)
            for one in self._disabled.values()
        ]
        return tuple(sorted(listed, key=lambda one: (one.group, one.name)))

    def _describe(self, one: Announced) -> InstalledPlugin:
        broken = self._broken.get((one.group, one.name))
        origins = broken.origins if broken else (one.origin,)
        describe = partial(InstalledPlugin, one.name, one.group, origins, seconds=self._seconds.get(one))
        if broken is not None:
            return describe(PluginState.BROKEN, problem=str(broken))
        flaws = [str(flaw) for flaw in self._flaws if (flaw.name, flaw.origins) == (one.name, origins)]
        tier, tested = read_tier(one) if one.group is EntryPointGroup.VENUES else (None, None)
        return describe(
            PluginState.READY,
            hooks=self._caller.hooks_of(one),
            problem="; ".join(flaws) or None,
            tier=tier,
            tested=tested,
        )

    def is_answered(self, hook: str) -> bool:
        """Say whether a cross-cutting plugin answers a hook, rather than core alone."""
        return self._caller.is_answered(hook)

    def find_broken_simulated(self, venue_id: str, kind: type) -> Broken | None:
        """Return a venue whose simulated venue is not of this kind as a broken plugin, None when it is or has none."""
        venue, one = self.venue(venue_id), self._announced_venue(venue_id)
        if venue.simulated is None:
            return None
        try:
            with watch_loading(partial(files_of, one)):
                simulated: object = venue.simulated()
            if not isinstance(simulated, kind):
                raise ContractBroken(
                    f"its simulator: it is a {type(simulated).__name__}, no {kind.__name__}",
                    f"return a {kind.__name__}",
                    place_of_function(venue.simulated),
                )
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's error of any class must not stop the others
            return broken_of(one, error, "its simulator: ")
        return None

    def _announced_venue(self, venue_id: str) -> Announced:
        one = self._announced.get((EntryPointGroup.VENUES, venue_id))
        if one is not None:
            return one
        disabled = self._disabled.get((EntryPointGroup.VENUES, venue_id))
        if disabled is not None:
            origin = disabled.origin
            raise UnknownVenue(f"venue {venue_id!r} of {origin} is disabled by {DISABLE_VARIABLE}")
        ids = self.venue_ids()
        has = (
            f"installed: {', '.join(ids)}{did_you_mean(venue_id, ids)}"
            if ids
            else f"none is installed at all; {HOW_TO_INSTALL}"
        )
        raise UnknownVenue(f"no installed distribution provides venue {venue_id!r}; {has}")

    # -- loading

    def _load_guarded(self, one: Announced) -> BaseException | None:
        """Load one plugin; a failure is kept and returned."""
        import venuekit.plugin  # noqa: F401 - the time of core's own modules is not the plugin's

        plugin, failure = None, None
        with watch_loading(partial(files_of, one)) as loading:
            try:
                plugin = one.load()
                with self._lock:
                    self._register(one, plugin)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - whatever a plugin raises must not stop the host
                failure = error
        self._seconds[one] = loading.seconds
        if failure is not None:
            self._broken[one.group, one.name] = broken_of(one, failure)
            return failure
        for flaw in (*flaws_of(one, plugin, loading), *find_outdated(one, plugin, self._manager)):
            self._flaws.append(flaw)
            self.tell(flaw)
        return None

    def _register(self, one: Announced, plugin: object) -> None:
        if one.group is EntryPointGroup.VENUES and one.name in self._venues:
            return  # another thread imported the same module, which announces several
        check_contract(plugin, one, self._manager, self._hooks)
        if self._manager.is_registered(plugin):
            # one module may announce several venues; it registered this one when the first was asked for
            raise ContractBroken(f"{one.value} did not register {one.name}", f"register a venue whose id is {one.name}")
        name = f"{one.group}:{one.name}"
        self._taken.clear()
        try:
            self._manager.register(plugin, name=name)
            venues = self._check_venues(one, plugin)
        except BaseException as error:
            if isinstance(error, ContractBroken) and error.place is None:
                error.place = place_of_hook(plugin, self._manager)
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            raise
        finally:
            self._taken.clear()
        self._loaded[name] = one
        self._venues |= {venue.id: venue for venue in venues}

    def _expel(self, name: str, broken: Broken) -> None:
        """Keep a loaded plugin apart that has become broken; does nothing when another thread was faster."""
        with self._lock:
            one = self._loaded.pop(name, None)
            if one is None:
                return
            self._manager.unregister(name=name)
            self._broken[one.group, one.name] = broken
        self.tell(broken)

    def _check_venues(self, one: Announced, plugin: object) -> tuple[Venue[Any], ...]:
        """Return the venues a plugin has just registered, each of which its distribution must have announced."""
        if one.group is EntryPointGroup.PLUGINS:
            return ()
        venues: list[Venue[Any]] = []
        for venue in map(check_venue, self._taken):
            key = EntryPointGroup.VENUES, venue.id
            announced = self._announced.get(key)
            if venue.id != one.name and (announced is None or announced.origin != one.origin):
                if key in self._disabled or key in self._broken:
                    continue  # this module announced it, and it was not taken
                raise ContractBroken(
                    f"it registered venue {venue.id!r} from the entry point {one.name!r}",
                    f"give the entry point the venue's id as its name: {venue.id} = {one.value!r}",
                )
            venues.append(venue)
        if one.name not in {venue.id for venue in venues}:
            raise ContractBroken(
                f"{getattr(plugin, '__name__', plugin)} registered no venue {one.name!r}",
                f"call register(venue) with it in {hooks.venuekit_register_venues.__name__}",
            )
        return tuple(venues)

    # -- hooks, one typed method each

    def make_signer(self, venue: Venue[Any], credentials: Credentials) -> Signer:
        """Return the signer for an account."""
        return cast("Signer", self._caller.first("venuekit_make_signer", venue=venue, credentials=credentials))

    def find_signer(self, venue: Venue[Any], credentials: Credentials) -> tuple[str | None, Signer | None]:
        """Return the plugin that signs for an account, by its name, and its signer; None for both where core does."""
        name, made = self._caller.find_first("venuekit_make_signer", venue=venue, credentials=credentials)
        return name, cast("Signer | None", made)

    def retry_policy(self, venue: Venue[Any]) -> RetryPolicy:
        """Return how often and how long to try on a venue."""
        return cast("RetryPolicy", self._caller.first("venuekit_retry_policy", venue=venue))

    def make_budget(self, pool: PoolName) -> Budget:
        """Return the budget of a limit pool."""
        return cast("Budget", self._caller.first("venuekit_make_budget", pool=pool))

    def make_budget_store(self) -> BudgetStore | None:
        """Return the store of pools that are shared with other processes, None for pools of this process alone."""
        return cast("BudgetStore | None", self._caller.ask("venuekit_make_budget_store"))

    def make_transport(self, venue: Venue[Any], environment: Environment, proxy: Proxy | None = None) -> Transport:
        """Return the transport to a venue's environment, through the proxy if there is one."""
        made = self._caller.first("venuekit_make_transport", venue=venue, environment=environment, proxy=proxy)
        return cast("Transport", made)

    def resolve_secret(self, reference: str) -> Secret | None:
        """Return the secret a reference names, None when no plugin knows its scheme; may block."""
        return cast("Secret | None", self._caller.ask("venuekit_resolve_secret", reference=reference))

    def observers(self, venue: Venue[Any]) -> tuple[Observer, ...]:
        """Return the observers of a venue."""
        made = cast("list[Observer | None]", self._caller.ask("venuekit_observe", venue=venue))
        return tuple(observer for observer in made if observer is not None)

    def commands(
        self, wrong: Callable[[Any, Collection[Any]], tuple[str, str] | None] | None = None
    ) -> tuple[Any, ...]:
        """
        Return the commands that plugins add to the command line.

        ``wrong`` is asked about each, and given those that were registered before it; a plugin with a command of which
        it returns a reason and a mend is broken, and adds none.
        """
        found: list[Any] = []

        def register(command: Any) -> None:
            if wrong is not None and (reason := wrong(command, found)) is not None:
                raise ContractBroken(*reason, place_of_function(getattr(command, "callback", None)))
            found.append(command)

        self._caller.ask("venuekit_register_commands", found.clear, register=register)
        return tuple(found)
