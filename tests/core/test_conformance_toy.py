"""The conformance suite, run for the toy venues: the one line that a plugin author writes."""

from __future__ import annotations

from venuekit.testing import conformance_suite

TestToyPerp = conformance_suite("toy_perp")
TestToySwap = conformance_suite("toy_swap")
