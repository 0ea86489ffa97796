"""
Testing: what plugin authors and users of venuekit test with.

An exchange author gets the whole suite in one line, in any test module of the plugin::

    from venuekit.testing import conformance_suite

    TestAcme = conformance_suite("acme_perp")

It wants pytest, pytest-asyncio, the plugin installed with its ``Venue.simulated``, and recorded answers in
``tests/recorded/`` beside the plugin's package (:mod:`venuekit.testing.recorded` says what such a file holds). The
cases come from the declarations: every endpoint is compared with its recorded requests and answers, every capability
method is called over a real socket against the plugin's own simulated venue, every setter is set twice and loses its
answer, what adds up is never sent twice, unreadable answers of reads are errors, wrong keys are refused, and planted
secrets are found nowhere. Only what the venue declares unsupported is left out; what is declared and broken fails.

For tests of one's own: :class:`FakeTransport` with :func:`account_over` (no network at all), :class:`LoopClock` and
:class:`InstantClock` for time, and the pytest fixture ``venuekit_simulation``.
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
    # the pytest plugin lives in this package and is loaded by every run of pytest
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
