"""Installed plugins as they are listed: origin, hooks, the time of loading, and the tier that a venue was tested at."""

from __future__ import annotations

import enum
import json
import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import attrs

from venuekit._entry_points import Announced, EntryPointGroup, PluginOrigin

#: the report of the conformance suite in the package of its venue
REPORT_NAME = "conformance.json"


class PluginState(enum.StrEnum):
    """Whether a plugin is used."""

    READY = "ready"
    BROKEN = "broken"
    DISABLED = "disabled"  #: named in VENUEKIT_DISABLE


@attrs.frozen
class InstalledPlugin:
    """
    One entry point of an installed distribution.

    ``hooks`` are the names of the hooks that it implements, none unless it is ready; ``seconds`` is the time of its
    loading, None where it was not tried; ``problem`` is the sentence about one that is out, or works with a fault.
    ``tier`` is that of the venue in the report of the conformance suite that its package brings, and ``tested`` the
    version of the distribution that was tested; None without a report.
    """

    name: str
    group: EntryPointGroup
    origins: tuple[PluginOrigin, ...]
    state: PluginState
    hooks: tuple[str, ...] = ()
    seconds: float | None = None
    problem: str | None = None
    tier: str | None = None
    tested: str | None = None


def read_tier(one: Announced) -> tuple[str | None, str | None]:
    """Return the tier of a venue and the tested version, from the report in its package; None and None without one."""
    spec = find_spec(one.module.partition(".")[0])
    for directory in (spec.submodule_search_locations or ()) if spec else ():
        try:
            with open(os.path.join(directory, REPORT_NAME), encoding="utf-8") as opened:
                report: object = json.load(opened)
        except (OSError, ValueError):
            continue  # most packages have none, and a file that is no JSON is no report
        venues = _part(report, "venues")
        tier, tested = _part(_part(venues, one.name), "tier"), _part(report, "version")
        if isinstance(tier, str) and isinstance(tested, str):
            return tier, tested
    return None, None


def _part(whole: object, name: str) -> Any:
    return whole.get(name) if isinstance(whole, Mapping) else None
