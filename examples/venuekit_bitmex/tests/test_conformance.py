"""The conformance suite of venuekit, over the recorded answers beside this file."""

from __future__ import annotations

from pathlib import Path

from venuekit.testing import conformance_suite

TestBitmex = conformance_suite("bitmex", recorded=Path(__file__).parent / "recorded")
