"""The conformance suite, run for every venue that is installed."""

from __future__ import annotations

from venuekit.plugins import make_plugins
from venuekit.testing import conformance_suite

# one class per venue, so that each shows up under its own name
globals().update({f"Test_{venue_id}": conformance_suite(venue_id) for venue_id in make_plugins().venue_ids()})
