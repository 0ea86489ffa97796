"""A gate before which the import of a module waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """An event that the import of a module waits for: ``threading.gate_of_a_test``."""
    event = threading.Event()
    monkeypatch.setattr(threading, "gate_of_a_test", event, raising=False)
    yield event
    event.set()
