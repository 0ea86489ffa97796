"""The types of blocking capabilities are those of the capabilities."""

from __future__ import annotations

from tests.contract.sync_stub import STUB, stub


def test_the_stub_is_as_written() -> None:
    """A change of a capability changes its blocking types: ``python -m tests.contract.sync_stub``."""
    assert stub() == STUB.read_text(encoding="utf-8")
