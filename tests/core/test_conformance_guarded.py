"""The conformance suite for a venue with addresses for keys, a passphrase and its own signer."""

from __future__ import annotations

from tests.core.guarded_toy import TOY_GUARDED

from venuekit.testing.conformance import suite_of
from venuekit.testing.conformance.inventory import Inventory
from venuekit.testing.recorded import find_recorded, load_recorded
from venuekit_toy_perp import TOY_PERP

TestToyGuarded = suite_of(Inventory(TOY_GUARDED, load_recorded(find_recorded(TOY_PERP))))
