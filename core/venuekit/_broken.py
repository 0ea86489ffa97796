"""Broken plugins and flawed ones: the cause in one sentence, the line of code to blame, and the mend that fits."""

from __future__ import annotations

import inspect
import linecache
import os
import traceback
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

import attrs

from venuekit._entry_points import Announced, PluginOrigin, SourceLine
from venuekit.hooks import PROJECT

if TYPE_CHECKING:
    from types import TracebackType

#: names of entry points or distributions that are not to be loaded, separated by commas
DISABLE_VARIABLE = "VENUEKIT_DISABLE"


@attrs.frozen
class Flaw:
    """
    A fault of an installed plugin that works nevertheless.

    ``origins`` has every distribution involved, most often one; ``place`` is None where no line of code is to blame;
    ``mend`` is the remedy.
    """

    name: str
    origins: tuple[PluginOrigin, ...]
    cause: str
    place: SourceLine | None
    mend: str

    @property
    def distribution(self) -> str:
        """The names of the distributions."""
        return " and ".join(origin.distribution for origin in self.origins)

    @property
    def version(self) -> str:
        """The versions of the distributions, in the same order."""
        return " and ".join(origin.version for origin in self.origins)

    def __str__(self) -> str:
        return self._sentence(" ")

    def _sentence(self, verb: str) -> str:
        of = f" of {self.origins[0]}" if len(self.origins) == 1 else ""
        at = f" ({self.place})" if self.place else ""
        return f"plugin {self.name}{of}{verb}{self.cause}{at}; {self.mend}"


@attrs.frozen
class Broken(Flaw):
    """A plugin that cannot be used; ``traceback`` is empty when nothing was raised."""

    traceback: str = attrs.field(default="", repr=False)

    def __str__(self) -> str:
        return self._sentence(" cannot be used: ")


class ContractBroken(Exception):
    """A plugin does not keep the contract of :mod:`venuekit.hooks`; ``mend`` is the remedy, ``place`` the line."""

    def __init__(self, cause: str, mend: str, place: SourceLine | None = None) -> None:
        super().__init__(cause)
        self.mend = mend
        self.place = place


def place_of_function(function: object) -> SourceLine | None:
    """Return the line that defines a function, below its decorators; None where it has no code."""
    code = getattr(inspect.unwrap(function) if callable(function) else function, "__code__", None)
    if code is None:
        return None
    first = int(code.co_firstlineno)
    if code.co_name == "<lambda>":
        return SourceLine(code.co_filename, first)
    lines = linecache.getlines(code.co_filename)[first - 1 :]
    defining = (first + number for number, line in enumerate(lines) if line.lstrip().startswith(("def ", "async def ")))
    return SourceLine(code.co_filename, next(defining, first))


def place_of_version(plugin: object) -> SourceLine | None:
    """Return the line of a plugin's module that says ``VENUEKIT_API``, its first one without any."""
    file = getattr(plugin, "__file__", None)
    if not isinstance(file, str):
        return None
    lines = enumerate(linecache.getlines(file), 1)
    return SourceLine(file, next((number for number, line in lines if line.startswith("VENUEKIT_API")), 1))


def files_of(one: Announced) -> Callable[[str], bool]:
    """Return a function that says whether a file belongs to a plugin: to its top-level module or package."""
    try:
        spec = find_spec(one.module.partition(".")[0])
    except (ImportError, ValueError):
        spec = None
    places = () if spec is None else (spec.submodule_search_locations or (spec.origin,))
    own = [os.path.abspath(place) for place in places if place]
    return lambda file: any(os.path.abspath(file) == place or file.startswith(f"{place}{os.sep}") for place in own)


def find_place(error: BaseException, one: Announced) -> SourceLine | None:
    """Return the innermost line of a plugin's own code that an error came through; else that of its entry point."""
    if isinstance(error, ContractBroken) and error.place is not None:
        return error.place
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return SourceLine(error.filename, error.lineno)
    is_own = files_of(one)
    found = [SourceLine(file, line) for file, line in _lines(error.__traceback__) if is_own(file)]
    return found[-1] if found else one.place


def _lines(trace: TracebackType | None) -> list[tuple[str, int]]:
    return [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(trace)]


def broken_of(one: Announced, error: BaseException, where: str = "") -> Broken:
    """Return a plugin that an error has broken; ``where`` precedes the words of an error that is not core's."""
    mend = f"{_mend_of(error, one)}, or name {one.origin.distribution} in {DISABLE_VARIABLE}"
    trace = "".join(traceback.format_exception(error))
    cause = words_of(error) if isinstance(error, ContractBroken) else f"{where}{words_of(error)}"
    return Broken(one.name, (one.origin,), cause, find_place(error, one), mend, trace)


def words_of(error: BaseException) -> str:
    """Return the class and words of an error in one line, without secrets; the words alone of one that is core's."""
    from venuekit.credentials.redactor import hide_secrets

    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:  # noqa: BLE001 - a stranger's error may fail to say what it is
        text = "(it has no readable words)"
    words = hide_secrets(" ".join(text.split()))
    if isinstance(error, ContractBroken):
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _mend_of(error: BaseException, one: Announced) -> str:
    """Return the remedy that fits an error, as the beginning of a sentence."""
    distribution = one.origin.distribution
    if isinstance(error, ContractBroken):
        return error.mend
    if isinstance(error, ImportError):
        return _mend_of_import(error, one)
    if isinstance(error, SyntaxError):
        return "mend its syntax"
    if isinstance(error, SystemExit):
        return "remove the call that ends the process"
    if isinstance(error, AttributeError) and find_place(error, one) == one.place:
        return f"let the entry point of {distribution} name an object that is there"
    return "mend it and start again"


def _mend_of_import(error: ImportError, one: Announced) -> str:
    distribution, lacking = one.origin.distribution, (error.name or "").partition(".")[0]
    if lacking == PROJECT:
        return f"install releases of {distribution} and {PROJECT} that fit each other"
    if lacking == one.module.partition(".")[0]:
        return f"reinstall {distribution}"
    if isinstance(error, ModuleNotFoundError):
        return f"install the package that has the module {error.name}"
    others = f"the package of {lacking}" if lacking else "its packages"
    return f"install releases of {distribution} and {others} that fit each other"


def conflict_of(name: str, origins: tuple[PluginOrigin, ...], provided: str) -> Broken:
    """Return the plugin of a name that several distributions claim; ``provided`` is the thing that each of them has."""
    ordered = tuple(sorted(origins, key=str))
    both = "both " if len(ordered) == 2 else ""
    cause = f"{' and '.join(map(str, ordered))} {both}provide {provided} {name}"
    others = "one" if len(ordered) == 2 else "all but one"
    mend = f"uninstall {others}, or name its distribution in {DISABLE_VARIABLE}"
    return Broken(name, ordered, cause, None, mend)
