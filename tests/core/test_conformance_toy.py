"""The conformance suite, run for the toy venue: what a plugin author's one line does."""

from __future__ import annotations

from venuekit.testing import conformance_suite

TestToyPerp = conformance_suite("toy_perp")
