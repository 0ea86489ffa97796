"""Payloads: how the bytes of an answer become values; nothing else in venuekit knows that."""

from __future__ import annotations

from venuekit.payloads.decoder import WireRow, payload_decoder
from venuekit.payloads.json_text import not_read, read_json
from venuekit.payloads.mismatch import MISFITS, Unfit, mismatch_of, payload_mismatch
from venuekit.payloads.numbers import (
    LARGEST,
    PLAIN_LENGTH,
    SHARED,
    SHARED_OR_NONE,
    are_plain,
    intern_number,
    is_multiple,
    nonzero,
    read_plain,
)
from venuekit.payloads.odd_rows import Misread, count_left_out, gather_odd_rows, note_odd_row, readable_part, rows_at

__all__ = [
    "LARGEST",
    "MISFITS",
    "PLAIN_LENGTH",
    "SHARED",
    "SHARED_OR_NONE",
    "Misread",
    "Unfit",
    "WireRow",
    "are_plain",
    "count_left_out",
    "gather_odd_rows",
    "intern_number",
    "is_multiple",
    "mismatch_of",
    "nonzero",
    "not_read",
    "note_odd_row",
    "payload_decoder",
    "payload_mismatch",
    "read_json",
    "read_plain",
    "readable_part",
    "rows_at",
]
