"""Payloads: how the bytes of an answer become values; nothing else in venuekit knows that."""

from __future__ import annotations

from venuekit.payloads.decoder import payload_decoder
from venuekit.payloads.json_text import read_json
from venuekit.payloads.mismatch import MISFITS, mismatch_of
from venuekit.payloads.numbers import interned, nonzero
from venuekit.payloads.rows import left_out
from venuekit.payloads.wire_row import WireRow

__all__ = ["MISFITS", "WireRow", "interned", "left_out", "mismatch_of", "nonzero", "payload_decoder", "read_json"]
