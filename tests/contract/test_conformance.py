"""The conformance suite, run for every installed venue but those that are made up, whose suite is in tests/core."""

from __future__ import annotations

from venuekit.plugins import make_plugins
from venuekit.testing import conformance_suite

_MADE_UP = "venuekit-toy-"
_PLUGINS = make_plugins()
_IDS = [one for one in _PLUGINS.venue_ids() if not _PLUGINS.distribution(one).distribution.startswith(_MADE_UP)]

# one class per venue, so that each shows up under its own name
globals().update({f"Test_{venue_id}": conformance_suite(venue_id) for venue_id in _IDS})
