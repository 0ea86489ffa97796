"""Asking of hooks: every plugin's answer is checked, and one that raises or answers wrongly is expelled."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from venuekit._broken import (
    DISABLE_VARIABLE,
    Broken,
    ContractBroken,
    broken_of,
    find_place,
    place_of_function,
    words_of,
)
from venuekit._contract import misfit
from venuekit._entry_points import Announced, EntryPointGroup
from venuekit._loading import watch_loading
from venuekit.errors import PluginError, VenuekitError

if TYPE_CHECKING:
    import pluggy

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


class HookCaller:
    """
    Asks the hooks of registered plugins.

    ``loaded`` has the plugins by their registered names; ``expel`` is called with the name of one that is broken from
    now on, and unregisters it.
    """

    __slots__ = ("_expel", "_loaded", "_manager")

    def __init__(
        self,
        manager: pluggy.PluginManager,
        loaded: Mapping[str, Announced],
        expel: Callable[[str, Broken], None],
    ) -> None:
        self._manager = manager
        self._loaded = loaded
        self._expel = expel

    def is_answered(self, hook: str) -> bool:
        """Say whether a cross-cutting plugin answers a hook, rather than core alone."""
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        return any(one.plugin_name in self._loaded for one in implementations)

    def hooks_of(self, one: Announced) -> tuple[str, ...]:
        """Return the hooks of a plugin; a module that announces several venues is registered under the first."""
        names = {name for name, loaded in self._loaded.items() if loaded.value == one.value}
        callers = [
            call for name in names for call in self._manager.get_hookcallers(self._manager.get_plugin(name)) or ()
        ]
        return tuple(sorted({call.name for call in callers}))

    def first(self, hook: str, **arguments: Any) -> object:
        """
        Return the first answer to a hook, which must have one.

        Raises:
            PluginError: as of :meth:`ask`, or there is no answer.
        """
        answer = self.ask(hook, **arguments)
        if answer is None:
            subject = ", ".join(f"{name} {value!r}" for name, value in arguments.items() if name != "credentials")
            raise PluginError(f"no plugin answers {hook} for {subject}")
        return answer

    def find_first(self, hook: str, **arguments: Any) -> tuple[str | None, object]:
        """
        Return the first cross-cutting plugin that answers a hook, by its name, and its answer; None for both without.

        Raises:
            PluginError: as of :meth:`ask`.
        """
        for name in self._implementations(hook):
            try:
                answer = self._answer_of(name, hook, arguments)
                is_usable = misfit(hook, answer) is None
            except (Exception, SystemExit):  # noqa: BLE001 - asked again below, where it is judged
                answer, is_usable = None, False
            if not is_usable:
                self.ask(hook, **arguments)  # keeps it apart, or raises an error of the account
            elif answer is not None:
                return self._loaded[name].name, answer
        return None, None

    def _answer_of(self, name: str, hook: str, arguments: Mapping[str, Any]) -> object:
        """Return the answer of one plugin alone, all answers where the hook has several."""
        plugin = self._manager.get_plugin(name)
        others = [one for one in self._manager.get_plugins() if one is not plugin]
        return cast("object", self._manager.subset_hook_caller(hook, others)(**arguments))

    def ask(self, hook: str, before: Callable[[], None] | None = None, **arguments: Any) -> object:
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
                answer = self._call(hook, arguments)
                if hook not in _EXPELLING:
                    self._refuse_misfit(hook, answer)
                    return answer
                if not self._expel_misfits(hook, answer, arguments):
                    return answer
            except (Exception, SystemExit) as error:
                # an error of ours is about an account, and commands have none
                is_ours = isinstance(error, VenuekitError) and hook != "venuekit_register_commands"
                if not is_ours and hook in _EXPELLING and self._expel_for(hook, error):
                    continue
                if isinstance(error, VenuekitError):
                    raise
                one = self._loaded.get(self._culprit(hook, error))
                of, at = (f" of {one.origin}", f" ({find_place(error, one)})") if one else ("", "")
                raise PluginError(f"{hook}{of} failed: {words_of(error)}{at}") from error

    def _call(self, hook: str, arguments: Mapping[str, Any]) -> object:
        call = getattr(self._manager.hook, hook)
        if not self.is_answered(hook):
            return cast("object", call(**arguments))
        with watch_loading(lambda: lambda _: False):
            return cast("object", call(**arguments))

    def _implementations(self, hook: str) -> dict[str, Callable[..., Any]]:
        """Return the functions of cross-cutting plugins by registered name, in the order in which they are asked."""
        implementations = reversed(getattr(self._manager.hook, hook).get_hookimpls())
        return {one.plugin_name: one.function for one in implementations if one.plugin_name in self._loaded}

    def _refuse_misfit(self, hook: str, answer: object) -> None:
        """
        Refuse an answer that cannot be used; nothing is asked again, as it may have opened something.

        Raises:
            PluginError: it names the plugins that may have given it, most often one.
        """
        reason = misfit(hook, answer)
        if reason is None:
            return
        functions = self._implementations(hook)
        loaded = [self._loaded[name] for name in functions]
        if len(loaded) == 1:
            place = place_of_function(*functions.values())
            raise PluginError(str(broken_of(loaded[0], ContractBroken(reason, _MEND, place))))
        who = " or ".join(f"plugin {one.name} of {one.origin}" for one in loaded) or "core"
        mend = " or ".join(one.origin.distribution for one in loaded)
        raise PluginError(f"{who} cannot be used: {reason}; {_MEND}, or name {mend} in {DISABLE_VARIABLE}")

    def _expel_misfits(self, hook: str, answer: object, arguments: Mapping[str, Any]) -> bool:
        """Keep the plugins apart whose answers cannot be used; False when there are none."""
        answers = answer if isinstance(answer, list) else [answer]
        if all(misfit(hook, one) is None for one in answers):
            return False
        expelled = False
        for name, function in self._implementations(hook).items():  # each alone: an answer does not name its plugin
            own = self._answer_of(name, hook, arguments)
            for one in own if isinstance(own, list) else [own]:
                if (reason := misfit(hook, one)) is not None:
                    error = ContractBroken(reason, _MEND, place_of_function(function))
                    expelled |= self._expel_for(hook, error, name)
                    break
        return expelled

    def _expel_for(self, hook: str, error: BaseException, name: str | None = None) -> bool:
        """Keep the plugin whose hook has failed apart; False when it is none of the cross-cutting ones."""
        name = self._culprit(hook, error) if name is None else name
        one = self._loaded.get(name)
        if one is None or one.group is not EntryPointGroup.PLUGINS:
            return False
        self._expel(name, broken_of(one, error, f"{hook} raised "))
        return True

    def _culprit(self, hook: str, error: BaseException) -> str:
        """Return the name of the plugin whose function raised, empty when none of them ran."""
        ran = {frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)}
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            if getattr(implementation.function, "__code__", None) in ran:
                return str(implementation.plugin_name)
        return ""
