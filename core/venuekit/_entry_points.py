"""
Entry points: the plugins that installed distributions announce in our groups, found without a heavy import.

:mod:`importlib.metadata` does the same at the price of the ``email``, ``csv`` and ``zipfile`` packages, which is more
than a command like ``venuekit endpoints`` may cost. So plain directories are read here, by the same rules; as soon as
something else provides distributions (an archive on the path, a finder of its own), the standard library is asked.
"""

from __future__ import annotations

import enum
import importlib
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial, reduce
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


class EntryPointGroup(enum.StrEnum):
    """The entry-point groups."""

    PLUGINS = "venuekit.plugins"  #: cross-cutting, loaded at start
    VENUES = "venuekit.venues"  #: name = venue id, loaded when that venue is asked for


@attrs.frozen
class PluginOrigin:
    """The installed distribution that something comes from."""

    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


@attrs.frozen
class SourceLine:
    """A line of a file; ``line`` counts from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@attrs.frozen(eq=False)
class Announced:
    """
    One entry point of ours; ``load`` imports its object, ``find_origin`` reads its distribution.

    ``place`` is the line that announces it, None where it is not known.
    """

    group: EntryPointGroup
    name: str
    value: str
    load: Callable[[], object]
    find_origin: Callable[[], PluginOrigin]
    place: SourceLine | None = None

    @property
    def module(self) -> str:
        """The dotted name of the module that is imported."""
        return _split(self.value)[0]

    @property
    def origin(self) -> PluginOrigin:
        """The distribution that announces it."""
        return self.find_origin()


_GROUPS = {group.value: group for group in EntryPointGroup}


def find_installed() -> Iterable[Announced]:
    """Return the entry points of our groups; of two distributions of one name the first on the path counts."""
    if _only_directories():
        return _in_directories()
    from importlib.metadata import entry_points

    return find_announced(point for group in EntryPointGroup for point in entry_points(group=group))


def find_announced(entry_points: Iterable[EntryPoint]) -> Iterator[Announced]:
    """Yield those entry points that are in our groups."""
    for point in entry_points:
        if point.group in _GROUPS:
            find_origin = partial(_origin_of_point, point)
            yield Announced(_GROUPS[point.group], point.name, point.value, point.load, find_origin)


def _origin_of_point(point: EntryPoint) -> PluginOrigin:
    if point.dist is None:
        return PluginOrigin(point.value.partition(":")[0], "(not installed)")
    return PluginOrigin(point.dist.name, point.dist.version)


def _only_directories() -> bool:
    """Say whether nothing but directories on the path provides distributions."""
    return not any(os.path.isfile(directory) for directory in sys.path) and not any(
        finder is not PathFinder
        and hasattr(finder, "find_distributions")
        # the backport of the standard library, which keyring imports, finds the same directories
        and type(finder).__module__ != "importlib_metadata"
        for finder in sys.meta_path
    )


def _in_directories() -> Iterator[Announced]:
    seen: set[str] = set()
    for directory in map(os.path.abspath, sys.path):
        try:
            changed_at = os.stat(directory).st_mtime_ns
            projects = _read_directory(directory, changed_at) if _is_settled(changed_at) else _projects_in(directory)
        except OSError:
            continue  # directories that do not exist are usual on the path
        for project, announced in projects:
            if project not in seen:
                seen.add(project)
                yield from announced


#: nanoseconds in which a directory can change again without another time of its last change
_TICK = 2_000_000_000


def _is_settled(changed_at: int) -> bool:
    return time.time_ns() - changed_at > _TICK


def _projects_in(directory: str) -> tuple[tuple[str, tuple[Announced, ...]], ...]:
    """Return the distributions of a directory by their normalized names, with their entry points of our groups."""
    return tuple(
        (re.sub(r"[-_.]+", "_", name[:-10].partition("-")[0]).lower(), tuple(_in_distribution(directory, name)))
        for name in sorted(os.listdir(directory))
        if name.endswith((".dist-info", ".egg-info"))
    )


@lru_cache(maxsize=64)
def _read_directory(directory: str, changed_at: int) -> tuple[tuple[str, tuple[Announced, ...]], ...]:  # noqa: ARG001
    """Do as :func:`_projects_in`, once for each change of the directory: installing and removing change it."""
    return _projects_in(directory)


def _in_distribution(parent: str, name: str) -> Iterator[Announced]:
    directory = os.path.join(parent, name)
    find_origin = partial(_origin_of_directory, directory)
    group = None
    file = os.path.join(directory, "entry_points.txt")
    for number, line in enumerate(_lines(directory, "entry_points.txt"), 1):
        text = line.strip()
        if text.startswith("["):
            group = _GROUPS.get(text[1:-1].strip())
        elif group is not None and "=" in text and not text.startswith("#"):
            name, _, value = (part.strip() for part in text.partition("="))
            yield Announced(group, name, value, partial(_load, value), find_origin, SourceLine(file, number))


def _split(value: str) -> tuple[str, str]:
    """Return module and attribute of an entry point, ``module`` or ``module:attribute``; extras are ignored."""
    module, _, attribute = value.partition("[")[0].partition(":")
    return module.strip(), attribute.strip()


def _load(value: str) -> object:
    """Import the object of an entry point."""
    module, attribute = _split(value)
    return reduce(getattr, filter(None, attribute.split(".")), importlib.import_module(module))


def _origin_of_directory(directory: str) -> PluginOrigin:
    fields: dict[str, str] = {}
    for file in ("METADATA", "PKG-INFO"):
        for line in _lines(directory, file):
            if not line.strip():
                break  # the rest is the description
            name, _, value = line.partition(":")
            fields.setdefault(name, value.strip())
    named, _, versioned = os.path.basename(directory)[:-10].partition("-")
    return PluginOrigin(fields.get("Name", named), fields.get("Version", versioned))


def _lines(directory: str, file: str) -> list[str]:
    try:
        # a character that is none must not hide the plugins of other distributions
        with open(os.path.join(directory, file), encoding="utf-8", errors="replace") as opened:
            return opened.readlines()
    except OSError:
        return []  # not every distribution has every file
