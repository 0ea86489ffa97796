"""
Testing: tools for the tests of plugin authors and of venuekit's users.

An exchange author gets the whole suite in one line, in any test module of the plugin::

    from venuekit.testing import conformance_suite

    TestAcme = conformance_suite("acme_perp")

It needs pytest, pytest-asyncio, the installed plugin, and recorded answers in ``tests/recorded/`` beside the plugin's
package (:mod:`venuekit.testing.recorded` describes such a file). The cases come from the declarations: every endpoint
is compared with its recorded requests and answers, every capability method is called over a real socket against the
plugin's own simulated venue, every setter is set twice and loses its answer, cumulative writes are never sent twice,
unreadable answers of reads are errors, wrong keys are refused, and planted secrets appear nowhere. Only declared gaps
are left out; a declared and broken feature fails. Without ``Venue.simulated`` the tests that need no ledger run on the
recorded answers, and the others are left out.

For your own tests: :class:`FakeTransport` with :func:`account_over` (no network at all), :class:`LoopClock` and
:class:`InstantClock` for time, and the pytest fixture ``venuekit_sim``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from venuekit._util.lazy import lazy as _lazy

if TYPE_CHECKING:
    from venuekit.testing.clocks import InstantClock, LoopClock
    from venuekit.testing.conformance import conformance_suite
    from venuekit.testing.fake import FakeTransport, Watch, account_over, json_answer, plugins_with
    from venuekit.testing.recorded import Recorded, RecordedCase, find_recorded, load_recorded
    from venuekit.testing.staged import FakeStage, Stage, fake_stage, on_stage

if not TYPE_CHECKING:
    # the pytest plugin belongs to this package and is loaded by every run of pytest
    __getattr__, __dir__ = _lazy(
        __name__,
        {
            "clocks": "InstantClock LoopClock",
            "conformance": "conformance_suite",
            "fake": "FakeTransport Watch account_over json_answer plugins_with",
            "recorded": "Recorded RecordedCase find_recorded load_recorded",
            "staged": "FakeStage Stage fake_stage on_stage",
        },
    )

__all__ = [
    "FakeStage",
    "FakeTransport",
    "InstantClock",
    "LoopClock",
    "Recorded",
    "RecordedCase",
    "Stage",
    "Watch",
    "account_over",
    "conformance_suite",
    "fake_stage",
    "find_recorded",
    "json_answer",
    "load_recorded",
    "on_stage",
    "plugins_with",
]
