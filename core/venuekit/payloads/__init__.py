"""Payloads: how the bytes of an answer become values; nothing else in venuekit knows that."""

from __future__ import annotations

from venuekit.payloads.decoder import payload_decoder
from venuekit.payloads.json_text import read_json
from venuekit.payloads.numbers import interned, nonzero

__all__ = ["interned", "nonzero", "payload_decoder", "read_json"]
