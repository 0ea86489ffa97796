"""The conformance suite: checks that a plugin does everything it declares."""

from __future__ import annotations

from venuekit.testing.conformance.suite import conformance_suite

__all__ = ["conformance_suite"]
