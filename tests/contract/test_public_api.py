"""The public API keeps what plugins of the last release use; griffe finds each change that would break them."""

from __future__ import annotations

import pytest
from tests.contract.public_api import STUBS, find_breakages, find_unnamed, is_named, stub_of


def _stub(module: str) -> str:
    return (STUBS / f"{module}.txt").read_text(encoding="utf-8")


def test_nothing_broke_since_the_last_release() -> None:
    """Each breaking change is named in the changelog, in full."""
    assert find_unnamed() == []


def test_the_stubs_hold_the_lists_of_a_plugin_author() -> None:
    """Everything that ``venuekit.plugin`` lists is there, and every argument of a hook."""
    from venuekit import hooks, plugin

    text = _stub("venuekit.plugin")
    assert [name for name in plugin.__all__ if f" {name}" not in text and f"\n{name} " not in text] == []
    for name in hooks.__all__:
        if name.startswith("venuekit_"):
            function = getattr(hooks, name)
            arguments = ", ".join(function.__code__.co_varnames[: function.__code__.co_argcount])
            assert f"def {name}({arguments}): ...\n" in _stub("venuekit.hooks")


@pytest.mark.parametrize(
    ("module", "old", "new", "said"),
    [
        (
            "venuekit.hooks",
            "make_budget(pool)",
            "make_budget(limit)",
            "venuekit_make_budget(pool): Parameter was removed",
        ),
        (
            "venuekit.hooks",
            "def venuekit_observe(venue): ...\n",
            "",
            "venuekit_observe: Public object was removed",
        ),
        ("venuekit.plugin", "class Limit:", "class Bound:", "Limit: Public object was removed"),
        (
            "venuekit.plugin",
            "def __init__(self, after, reads=2,",
            "def __init__(self, after, reads,",
            "AbsenceProof.__init__(reads): Parameter is now required",
        ),
        (
            "venuekit.plugin",
            "def __init__(self, after, reads=2,",
            "def __init__(self, after, reads=3,",
            "AbsenceProof.__init__(reads): Parameter default was changed",
        ),
        ("venuekit.plugin", "    def sync_clock(self): ...\n", "", "Account.sync_clock: Public object was removed"),
        ("venuekit.capabilities", "    GTC = 'gtc'\n", "", "TimeInForce.GTC: Public object was removed"),
        ("venuekit.errors", "class NotFound(VenueError):", "class NotFound:", "NotFound: Base class was removed"),
        ("venuekit.simulator", "def simulate(*venue_ids, ", "def simulate(*venue_ids, world, ", "simulate"),
    ],
)
def test_a_change_that_breaks_plugins_is_named(module: str, old: str, new: str, said: str) -> None:
    """The line has the full name of the object, and says what became of it."""
    text = _stub(module)
    assert text.count(old) >= 1

    lines = list(find_breakages({module: text}, {module: text.replace(old, new, 1)}))

    assert [line for line in lines if line.startswith(f"{module}.{said}")], lines


def test_a_module_that_is_gone_breaks_them() -> None:
    """So does the removal of a whole module."""
    assert list(find_breakages({"venuekit.plugin": "x = ...\n"}, {})) == ["venuekit.plugin: the module was removed"]


def test_an_addition_breaks_nothing() -> None:
    """A further name, method, member or optional parameter is no breakage."""
    text = _stub("venuekit.plugin")
    more = text.replace("interval=...):", "interval=..., more=None):", 1)
    more = more.replace("class Absent:", "class Another: ...\nclass Absent:")

    assert more != text
    assert list(find_breakages({"venuekit.plugin": text}, {"venuekit.plugin": more})) == []


def test_a_breakage_passes_when_the_changelog_names_it() -> None:
    """The unreleased part counts, and the full name."""
    line = "venuekit.plugin.Limit.__init__(amount): Parameter was removed"
    told = "\n## [0.2.0] - unreleased\n\n- `venuekit.plugin.Limit.__init__` takes `most`.\n\n## [0.1.0]\n"

    assert is_named(line, told)
    assert not is_named(line, told.replace("Limit", "Lim"))
    assert not is_named(line, "\n## [0.2.0] - unreleased\n" + told)


def test_a_stub_is_what_the_module_has() -> None:
    """A class has its constructor, fields, methods and defaults, and an enum its members and values."""
    text = stub_of("venuekit.plugin")

    assert "class AbsenceProof:\n    def __init__(self, after, reads=2, interval=...): ...\n    after = ...\n" in text
    assert "class Effect:\n" in text
    assert "    DELTA = 'delta'\n" in text
