"""
Plugins: every installed extension, found by its entry point, loaded under a guard, called by typed methods.

Core's own defaults and cross-cutting plugins are registered in one :class:`pluggy.PluginManager`; a venue joins it when
it is asked for. One broken distribution never takes the others with it.
"""

from __future__ import annotations

import os
import threading
import traceback
from typing import TYPE_CHECKING, Any, cast

import pluggy

from venuekit import hooks
from venuekit._contract import Broken, ContractBroken, check_contract, check_venue, misfit
from venuekit._entry_points import Announced, EntryPointGroup, PluginOrigin, find_announced, find_installed
from venuekit._util.texts import did_you_mean
from venuekit.errors import PluginError, UnknownVenue, VenuekitError
from venuekit.venue import Venue

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from importlib.metadata import EntryPoint

    from venuekit.credentials import Credentials, Secret, Signer
    from venuekit.message import Transport
    from venuekit.pipeline import Budget, Observer, PoolName, Proxy, RetryPolicy
    from venuekit.venue import Environment

__all__ = ["DISABLE_VARIABLE", "Broken", "PluginOrigin", "Plugins", "make_plugins"]

#: names of entry points or distributions that are not to be loaded, separated by commas
DISABLE_VARIABLE = "VENUEKIT_DISABLE"

#: hooks that core answers as well when a plugin's raises; a default transport or secret would not be the operator's
_EXPELLING = frozenset(
    {
        "venuekit_make_signer",
        "venuekit_retry_policy",
        "venuekit_make_budget",
        "venuekit_observe",
        "venuekit_register_commands",
    }
)

_MEND = "mend it and start again"


def make_plugins(
    *,
    entry_points: Iterable[EntryPoint] | None = None,
    disabled: Collection[str] | None = None,
    defaults: Iterable[object] | None = None,
    on_broken: Callable[[Broken], None] | None = None,
) -> Plugins:
    """
    Find all plugins, load the cross-cutting ones, and leave the venues for when they are asked for.

    Args:
        entry_points: Where to look; None for everything that is installed.
        disabled: Names of entry points or distributions to leave alone; None for those in ``VENUEKIT_DISABLE``.
        defaults: Objects whose hook implementations, marked ``trylast``, answer when no plugin does; None for core's.
        on_broken: Called with each cross-cutting plugin that is or gets broken, and each venue whose simulator is;
            None logs a warning.
    """
    if defaults is None:
        from venuekit import _defaults

        defaults = (_defaults,)
    if disabled is None:
        disabled = {name.strip() for name in os.environ.get(DISABLE_VARIABLE, "").split(",")} - {""}
    announced = find_installed() if entry_points is None else find_announced(entry_points)
    return Plugins(announced, frozenset(disabled), tuple(defaults), on_broken or _warn)


def _warn(broken: Broken) -> None:
    import logging

    logging.getLogger(__name__).warning("%s", broken)


def _broken(name: str, origin: PluginOrigin, error: BaseException, where: str = "", mend: str | None = None) -> Broken:
    """Return the plugin of this name as a broken one; ``where`` precedes an error that says nothing of it."""
    is_ours = isinstance(error, ContractBroken)
    cause = str(error) if is_ours else f"{where}{type(error).__name__}: {error}"
    if mend is None:
        mend = f"reinstall {origin.distribution}, or name it in {DISABLE_VARIABLE}"
    trace = "".join(traceback.format_exception(error))
    return Broken(name, origin.distribution, origin.version, cause, trace, mend)


class Plugins:
    """Installed plugins; made by :func:`make_plugins`. Safe to use from several threads."""

    __slots__ = (
        *("_announced", "_broken", "_disabled", "_hooks", "_loaded", "_lock", "_manager", "_taken", "_venues", "tell"),
    )

    def __init__(
        self,
        announced: Iterable[Announced],
        disabled: frozenset[str],
        defaults: tuple[object, ...],
        tell: Callable[[Broken], None],
    ) -> None:
        #: reports a broken plugin to the maker of this object
        self.tell = tell
        self._taken: list[object] = []
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)
        self._hooks = tuple(name for name in vars(self._manager.hook) if name.startswith(hooks.PROJECT))
        self._manager.hook.venuekit_register_venues.call_historic(kwargs={"register": self._taken.append})
        self._lock = threading.RLock()
        self._announced: dict[tuple[EntryPointGroup, str], Announced] = {}
        self._broken: dict[tuple[EntryPointGroup, str], Broken] = {}
        self._disabled: dict[str, Announced] = {}
        self._loaded: dict[str, Announced] = {}
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
            self._disabled[one.name] = one
            return
        other = self._announced.setdefault(key, one)
        if other is not one:
            what = "provide venue" if one.group is EntryPointGroup.VENUES else "provide a plugin named"
            origins = sorted((other.origin, one.origin), key=str)
            self._broken[key] = Broken(
                one.name,
                " and ".join(origin.distribution for origin in origins),
                " and ".join(origin.version for origin in origins),
                f"{' and '.join(map(str, origins))} both {what} {one.name}",
                "",
                f"uninstall one, or name its distribution in {DISABLE_VARIABLE}",
            )

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
        with self._lock:
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

    def broken_operators(self) -> tuple[Broken, ...]:
        """
        Return the cross-cutting plugins that are broken: those that could not be loaded, and whose hooks have raised.

        An operator who installed a signer, budget or observer wants nothing sent without it: on ``live`` only cancels
        and reducing orders pass until they are mended or disabled.
        """
        return tuple(broken for (group, _), broken in self._broken.items() if group is EntryPointGroup.PLUGINS)

    def is_answered(self, hook: str) -> bool:
        """Say whether a cross-cutting plugin answers a hook, rather than core alone."""
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        return any(one.plugin_name in self._loaded for one in implementations)

    def broken_simulated(self, venue_id: str, error: Exception) -> Broken:
        """Return a venue whose simulator cannot be made as a broken plugin."""
        return _broken(venue_id, self.distribution(venue_id), error, "its simulator: ")

    def _announced_venue(self, venue_id: str) -> Announced:
        one = self._announced.get((EntryPointGroup.VENUES, venue_id))
        if one is not None:
            return one
        if venue_id in self._disabled:
            origin = self._disabled[venue_id].origin
            raise UnknownVenue(f"venue {venue_id!r} of {origin} is disabled by {DISABLE_VARIABLE}")
        ids = self.venue_ids()
        has = f"installed: {', '.join(ids)}{did_you_mean(venue_id, ids)}" if ids else "none is installed at all"
        raise UnknownVenue(f"no installed distribution provides venue {venue_id!r}; {has}")

    # -- loading

    def _load_guarded(self, one: Announced) -> BaseException | None:
        """Load one plugin; a failure is kept and returned."""
        try:
            self._load(one)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin raises must not stop the host
            mend = error.mend if isinstance(error, ContractBroken) else None
            self._broken[one.group, one.name] = _broken(one.name, one.origin, error, mend=mend)
            return error
        return None

    def _load(self, one: Announced) -> None:
        plugin = one.load()
        check_contract(plugin, one, self._manager, self._hooks)
        if self._manager.is_registered(plugin):
            # one module may announce several venues; it registered this one when the first was asked for
            raise ContractBroken(f"{one.value} did not register {one.name}", f"register a venue whose id is {one.name}")
        name = f"{one.group}:{one.name}"
        self._taken.clear()
        try:
            self._manager.register(plugin, name=name)
            venues = self._check_venues(one, plugin)
        except BaseException:
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            raise
        finally:
            self._taken.clear()
        self._loaded[name] = one
        self._venues |= {venue.id: venue for venue in venues}

    def _check_venues(self, one: Announced, plugin: object) -> tuple[Venue[Any], ...]:
        """Return the venues a plugin has just registered, each of which its distribution must have announced."""
        if one.group is EntryPointGroup.PLUGINS:
            return ()
        venues: list[Venue[Any]] = []
        for venue in map(check_venue, self._taken):
            key = EntryPointGroup.VENUES, venue.id
            announced = self._announced.get(key)
            if venue.id != one.name and (announced is None or announced.origin != one.origin):
                if venue.id in self._disabled or key in self._broken:
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
        return cast("Signer", self._first("venuekit_make_signer", venue=venue, credentials=credentials))

    def retry_policy(self, venue: Venue[Any]) -> RetryPolicy:
        """Return how often and how long to try on a venue."""
        return cast("RetryPolicy", self._first("venuekit_retry_policy", venue=venue))

    def make_budget(self, pool: PoolName) -> Budget:
        """Return the budget of a limit pool."""
        return cast("Budget", self._first("venuekit_make_budget", pool=pool))

    def make_transport(self, venue: Venue[Any], environment: Environment, proxy: Proxy | None = None) -> Transport:
        """Return the transport to a venue's environment, through the proxy if there is one."""
        made = self._first("venuekit_make_transport", venue=venue, environment=environment, proxy=proxy)
        return cast("Transport", made)

    def resolve_secret(self, reference: str) -> Secret | None:
        """Return the secret a reference names, None when no plugin knows its scheme; may block."""
        return cast("Secret | None", self._ask("venuekit_resolve_secret", reference=reference))

    def observers(self, venue: Venue[Any]) -> tuple[Observer, ...]:
        """Return the observers of a venue."""
        made = cast("list[Observer | None]", self._ask("venuekit_observe", venue=venue))
        return tuple(observer for observer in made if observer is not None)

    def commands(self, wrong: Callable[[Any, Collection[Any]], str | None] | None = None) -> tuple[Any, ...]:
        """
        Return the commands that plugins add to the command line.

        ``wrong`` is asked about each, and told those that were registered before it; a plugin with a command of which
        it returns a reason is broken, and adds none.
        """
        found: list[Any] = []

        def register(command: Any) -> None:
            if wrong is not None and (reason := wrong(command, found)) is not None:
                raise ContractBroken(reason, "register named click commands whose names are not taken")
            found.append(command)

        self._ask("venuekit_register_commands", found.clear, register=register)
        return tuple(found)

    def _ask(self, hook: str, before: Callable[[], None] | None = None, **arguments: Any) -> object:
        """
        Ask a hook; a cross-cutting plugin that raises is broken from then on, and the others are asked again.

        So is one whose answer is of the wrong kind. ``before`` is called each time before all are asked.

        Raises:
            PluginError: core cannot answer instead; the text names the plugin, and the kind of a wrong answer.
        """
        while True:
            if before is not None:
                before()
            try:
                answer = cast("object", getattr(self._manager.hook, hook)(**arguments))
                if hook not in _EXPELLING:
                    self._refuse_misfit(hook, answer)
                    return answer
                if not self._expel_misfits(hook, answer, arguments):
                    return answer
            except Exception as error:
                # an error of ours is about an account, and commands have none
                is_ours = isinstance(error, VenuekitError) and hook != "venuekit_register_commands"
                if not is_ours and hook in _EXPELLING and self._expel(hook, error):
                    continue
                if isinstance(error, VenuekitError):
                    raise
                name = self._culprit(hook, error)
                loaded = self._loaded.get(name)
                who = f" of {loaded.origin if loaded else name}" if name else ""
                raise PluginError(f"{hook}{who} failed: {type(error).__name__}: {error}") from error

    def _refuse_misfit(self, hook: str, answer: object) -> None:
        """
        Refuse an answer that cannot be used; nothing is asked again, as it may have opened something.

        Raises:
            PluginError: it names the plugins that may have given it, most often one.
        """
        reason = misfit(hook, answer)
        if reason is None:
            return
        implementations = reversed(getattr(self._manager.hook, hook).get_hookimpls())  # in the order they are asked
        loaded = [self._loaded[one.plugin_name] for one in implementations if one.plugin_name in self._loaded]
        who = " or ".join(f"plugin {one.name} of {one.origin}" for one in loaded) or "core"
        mend = " or ".join(one.origin.distribution for one in loaded)
        raise PluginError(f"{who} cannot be used: {reason}; {_MEND}, or name {mend} in {DISABLE_VARIABLE}")

    def _expel_misfits(self, hook: str, answer: object, arguments: Mapping[str, Any]) -> bool:
        """Keep the plugins apart whose answers cannot be used; False when there are none."""
        answers = answer if isinstance(answer, list) else [answer]
        if all(misfit(hook, one) is None for one in answers):
            return False
        expelled = False
        operators = [self._manager.get_plugin(name) for name in self._loaded if self._manager.has_plugin(name)]
        for plugin in operators:  # each is asked alone: an answer does not name its plugin
            others = [one for one in self._manager.get_plugins() if one is not plugin]
            own = self._manager.subset_hook_caller(hook, others)(**arguments)
            for one in own if isinstance(own, list) else [own]:
                if (reason := misfit(hook, one)) is not None:
                    name = self._manager.get_name(plugin) or ""
                    expelled |= self._expel(hook, ContractBroken(reason, _MEND), name)
                    break
        return expelled

    def _expel(self, hook: str, error: Exception, name: str | None = None) -> bool:
        """Keep the plugin whose hook has failed apart; False when it is none of the cross-cutting ones."""
        name = self._culprit(hook, error) if name is None else name
        one = self._loaded.get(name)
        if one is None or one.group is not EntryPointGroup.PLUGINS:
            return False
        mend = error.mend if isinstance(error, ContractBroken) else _MEND
        mend += f", or name {one.origin.distribution} in {DISABLE_VARIABLE}"
        broken = _broken(one.name, one.origin, error, f"{hook} raised ", mend)
        with self._lock:
            if self._loaded.pop(name, None) is None:
                return True  # another thread was faster
            self._manager.unregister(name=name)
            self._broken[one.group, one.name] = broken
        self.tell(broken)
        return True

    def _first(self, hook: str, **arguments: Any) -> object:
        answer = self._ask(hook, **arguments)
        if answer is None:
            subject = ", ".join(f"{name} {value!r}" for name, value in arguments.items() if name != "credentials")
            raise PluginError(f"no plugin answers {hook} for {subject}")
        return answer

    def _culprit(self, hook: str, error: Exception) -> str:
        """Return the name of the plugin whose function raised, empty when none of them ran."""
        ran = {frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)}
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            if getattr(implementation.function, "__code__", None) in ran:
                return str(implementation.plugin_name)
        return ""
