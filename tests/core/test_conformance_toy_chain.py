"""The conformance suite, run for the toy venue of wallets: one path, nonces, and reads by POST."""

from __future__ import annotations

from venuekit.testing import conformance_suite

TestToyChain = conformance_suite("toy_chain")
