"""The pages that say which field is read from where are what the venues declare."""

from __future__ import annotations

from tests.contract.fields import STREAM_TARGET, TARGET, render, render_stream

from venuekit.plugins import make_plugins


def test_page_is_up_to_date() -> None:
    """docs/fields.md and stream_fields.md follow the declarations; else run ``python -m tests.contract.fields``."""
    assert TARGET.read_text(encoding="utf-8") == render(make_plugins())
    assert STREAM_TARGET.read_text(encoding="utf-8") == render_stream(make_plugins())
