"""The page that says which field is read from where is what the venues declare."""

from __future__ import annotations

from tests.contract.fields import TARGET, render

from venuekit.plugins import make_plugins


def test_page_is_up_to_date() -> None:
    """docs/fields.md is what the declarations say; else run ``python -m tests.contract.fields``."""
    assert TARGET.read_text(encoding="utf-8") == render(make_plugins())
