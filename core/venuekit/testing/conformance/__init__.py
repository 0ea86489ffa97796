"""The conformance suite: whether a plugin keeps its word."""

from __future__ import annotations

from venuekit.testing.conformance.suite import conformance_suite

__all__ = ["conformance_suite"]
