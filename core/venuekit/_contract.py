"""The contract of a plugin: checks of a loaded plugin, and of the answers of its hooks."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from venuekit._broken import ContractBroken, Flaw, place_of_function, place_of_version
from venuekit._entry_points import Announced, EntryPointGroup, SourceLine
from venuekit._util.texts import nearest
from venuekit.hooks import API_VERSION, PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pluggy

    from venuekit.venue import Venue

VENUE_HOOK = "venuekit_register_venues"
_VENUE_ID = re.compile(r"[a-z][a-z0-9_]*")


def check_contract(plugin: object, announced: Announced, manager: pluggy.PluginManager, hooks: Iterable[str]) -> None:
    """
    Check a loaded plugin before it is registered.

    Raises:
        ContractBroken: it was written for another version of the contract, or implements a hook that does not exist
            or that its group may not implement.
    """
    version = getattr(plugin, "VENUEKIT_API", None)
    if version is None:
        raise ContractBroken(
            "it does not say which version of the plugin contract it was written for",
            f"say VENUEKIT_API = {API_VERSION} in {announced.module}",
            place_of_version(plugin),
        )
    if type(version) is not int:
        raise ContractBroken(
            f"its version of the plugin contract is {version!r}, which is no whole number",
            f"say VENUEKIT_API = {API_VERSION} in {announced.module}",
            place_of_version(plugin),
        )
    if version != API_VERSION:
        raise ContractBroken(
            f"it was written for version {version!r} of the plugin contract, this is version {API_VERSION}",
            f"install releases of {announced.origin.distribution} and {PROJECT} that fit each other",
            place_of_version(plugin),
        )
    known = frozenset(hooks)
    for name, hook in _find_implementations(plugin, manager):
        place = place_of_function(getattr(plugin, name))
        if hook not in known:
            meant = nearest(hook, known)
            raise ContractBroken(
                f"it implements {hook}, which is no hook",
                f"rename {name} to {meant}" if meant else f"the hooks are {', '.join(sorted(known))}",
                place,
            )
        is_venues = announced.group is EntryPointGroup.VENUES
        if (hook == VENUE_HOOK) is not is_venues:
            allowed = f"{VENUE_HOOK} only" if is_venues else f"every hook but {VENUE_HOOK}"
            other = EntryPointGroup.PLUGINS if is_venues else EntryPointGroup.VENUES
            raise ContractBroken(
                f"it implements {hook}, but plugins announced in {announced.group} may implement {allowed}",
                f"move {name} into a module of its own and announce that in {other}",
                place,
            )
        _check_form(plugin, name, hook, manager)


def find_outdated(one: Announced, plugin: object, manager: pluggy.PluginManager) -> Iterator[Flaw]:
    """Yield the arguments of a plugin's hooks that the next version of the contract no longer has."""
    for name, hook in _find_implementations(plugin, manager):
        function = getattr(plugin, name)
        outdated = getattr(manager.hook, hook).spec.warn_on_impl_args or {}
        for argument in inspect.signature(function).parameters:
            if argument in outdated:
                cause = f"takes the outdated argument {argument} in its {name}"
                yield Flaw(one.name, (one.origin,), cause, place_of_function(function), str(outdated[argument]))


def place_of_hook(plugin: object, manager: pluggy.PluginManager) -> SourceLine | None:
    """Return the line of the first hook that a plugin implements, None without any."""
    for name, _ in _find_implementations(plugin, manager):
        return place_of_function(getattr(plugin, name))
    return None


def _check_form(plugin: object, name: str, hook: str, manager: pluggy.PluginManager) -> None:
    """Check that an implementation can be called as its hook is: a plain function of some of the hook's arguments."""
    function = getattr(plugin, name)
    place = place_of_function(function)
    if inspect.iscoroutinefunction(function):
        raise ContractBroken(f"its {name} is a coroutine function, and nothing awaits it", "make it a plain def", place)
    options: Mapping[str, Any] = manager.parse_hookimpl_opts(plugin, name) or {}
    is_wrapper = bool(options.get("wrapper") or options.get("hookwrapper"))
    if is_wrapper and (hook == VENUE_HOOK or not inspect.isgeneratorfunction(function)):
        raise ContractBroken(f"its {name} is marked as a wrapper", "mark it with @hookimpl alone", place)
    if inspect.isgeneratorfunction(function) and not is_wrapper:
        raise ContractBroken(f"its {name} is a generator, which nothing runs", "return the answer", place)
    specification = getattr(manager.hook, hook).spec
    taken = specification.argnames
    parameters = inspect.signature(function).parameters.values()
    given = [one.name for one in parameters if one.kind not in {one.VAR_POSITIONAL, one.VAR_KEYWORD}]
    by_position = {one.name for one in parameters if one.kind is not one.KEYWORD_ONLY}
    needed = [one.name for one in parameters if one.name in given and one.default is one.empty]
    if further := [argument for argument in needed if argument not in by_position.intersection(taken)]:
        raise ContractBroken(
            f"its {name} takes ({', '.join(given)}), and the hook gives it no {' and no '.join(further)}",
            f"{hook} takes ({', '.join(taken)}): leave out those that it does not need",
            place,
        )


def check_venue(venue: object) -> Venue[Any]:
    """
    Return a venue that a plugin registers, checked.

    Raises:
        ContractBroken: it is no Venue, or its id, account class, simulated venue or a function of its credentials is of
            the wrong type.
    """
    from venuekit.account import Account
    from venuekit.venue import Venue

    if not isinstance(venue, Venue):
        raise ContractBroken(f"it registered {type(venue).__name__}, which is no Venue", "register a Venue")
    name: object = venue.id
    account: object = venue.account
    simulated: object = venue.simulated
    if not isinstance(name, str) or not _VENUE_ID.fullmatch(name):
        cause, mend = f"a venue has the id {name!r}", "give it one of lower case letters, digits and underscores"
    elif not (isinstance(account, type) and issubclass(account, Account)):
        cause, mend = f"the account of {name} is {account!r}", "give it a subclass of venuekit.plugin.Account"
    elif simulated is not None and not callable(simulated):
        cause, mend = f"simulated of {name} is {simulated!r}", "give it a function that makes the simulated venue"
    else:
        _check_functions(venue)
        return venue
    raise ContractBroken(cause, mend)


#: functions of a venue's credentials, with the thing that each returns
_FUNCTIONS = {
    "make_signer": "the Signer of some SignerFields",
    "key_check": "the fault of a key, None for a good one",
    "secret_check": "the fault of a secret, None for a good one",
}


def _check_functions(venue: Venue[Any]) -> None:
    for name, returned in _FUNCTIONS.items():
        function: object = getattr(venue, name)
        if function is not None and not callable(function):
            raise ContractBroken(f"{name} of {venue.id} is {function!r}", f"give it a function that returns {returned}")


def _find_implementations(plugin: object, manager: pluggy.PluginManager) -> Iterable[tuple[str, str]]:
    """Yield attribute and hook name of everything that carries the marker, or was meant to."""
    for name in dir(plugin):
        options = manager.parse_hookimpl_opts(plugin, name)
        if options is not None:
            yield name, options.get("specname") or name
        elif name.startswith(f"{PROJECT}_") and _forgot_marker(inspect.getattr_static(plugin, name)):
            place = place_of_function(inspect.getattr_static(plugin, name))
            mend = "decorate it with @venuekit.plugin.hookimpl"
            raise ContractBroken(f"its function {name} carries no marker", mend, place)


def _forgot_marker(value: object) -> bool:
    return inspect.isfunction(value) and not hasattr(value, f"{PROJECT}_spec")


#: methods that the answer to a hook must have; ``()`` means that the answer itself is called
_METHODS: Mapping[str, tuple[str, ...]] = {
    "venuekit_make_signer": ("sign",),
    "venuekit_make_budget": ("wait", "spend", "set_used", "close", "seconds_closed", "is_banned"),
    "venuekit_make_budget_store": ("pay", "report", "leave", "states", "aclose"),
    "venuekit_make_transport": ("send", "aclose"),
    "venuekit_observe": (),
}


#: hooks whose answer has coroutine methods alone: one that is none would fail when a request pays
_AWAITED = frozenset({"venuekit_make_budget_store"})


def misfit(hook: str, answer: object) -> str | None:
    """Return why an answer of a hook cannot be used, None when it can or when there is none."""
    if answer is None:
        return None
    shown = type(answer).__name__  # never its repr: it may be a secret
    if hook == "venuekit_retry_policy":
        from venuekit.pipeline import RetryPolicy

        return None if isinstance(answer, RetryPolicy) else f"{hook} returned {shown}, which is no RetryPolicy"
    if hook == "venuekit_resolve_secret":
        from venuekit.credentials import Secret

        return None if isinstance(answer, Secret) else f"{hook} returned {shown}, which is no Secret"
    methods = _METHODS.get(hook)
    if methods is None:
        return None
    if not methods:
        return None if callable(answer) else f"{hook} returned {shown}, which cannot be called"
    lacking = [name for name in methods if not callable(getattr(answer, name, None))]
    if lacking:
        return f"{hook} returned {shown}, which has no method {', '.join(lacking)}"
    plain = [name for name in methods if hook in _AWAITED and not _is_coroutine_function(getattr(answer, name))]
    return f"{hook} returned {shown}, whose {_list_words(plain)} not async def" if plain else None


def _is_coroutine_function(method: Any) -> bool:
    return any(map(inspect.iscoroutinefunction, (method, inspect.unwrap(method), type(method).__call__)))


def _list_words(names: list[str]) -> str:
    """Return names as the subject of a sentence, with its verb."""
    *others, last = names
    return f"{', '.join(others)} and {last} are" if others else f"{last} is"
