"""The words that CONTRIBUTING.md avoids become fewer: no folder may use more of them than it does."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from bench.house import FOLDERS, is_participle, prose_of, share_of_participles, sources


class Limits(NamedTuple):
    """The most of a folder: clauses with "what" and other avoided words per 1,000, and participles as names in %."""

    what: float
    other: float
    participles: float


#: lower a limit whenever a folder has become better, never raise one
LIMITS = {
    "core": Limits(what=0.5, other=0.2, participles=1.0),
    "docs": Limits(what=3.5, other=1.5, participles=0.0),
    "tests": Limits(what=18.0, other=7.5, participles=8.0),
    "plugins/binance_coinm": Limits(what=9.5, other=4.0, participles=4.0),
    "plugins/binance_common": Limits(what=1.0, other=1.0, participles=0.5),
    "plugins/binance_usdm": Limits(what=11.5, other=4.5, participles=1.5),
    "plugins/bybit_inverse": Limits(what=11.5, other=4.5, participles=1.0),
    "plugins/opentelemetry": Limits(what=0.0, other=0.0, participles=0.0),
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_reads_no_worse_than_it_did(folder: str) -> None:
    """A sentence begins with its subject, and a function is named by a verb, more so from change to change."""
    prose, limits = prose_of(folder), LIMITS[folder]

    assert prose.what <= limits.what
    assert prose.other <= limits.other
    assert _participles(folder) <= limits.participles


def _participles(folder: str) -> float:
    """Return the share of a folder's functions, tests left out, that are named by a participle."""
    return share_of_participles(
        source
        for source in sources()
        if "/".join(source.parts).startswith(f"{folder}/") and not source.path.name.startswith("test_")
    )


def test_a_participle_is_known_from_a_verb() -> None:
    """Regular and irregular ones count, alone or with what follows; verbs that end alike do not."""
    assert all(map(is_participle, ["made", "told_once", "_moved", "compared_rows"]))
    assert not any(map(is_participle, ["feed", "need_margin", "proceed", "read", "set_leverage", "red"]))
