"""A gate before which the import of a module waits, and plugins that are left alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from importlib.metadata import entry_points

import pytest


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """An event that the import of a module waits for: ``threading.gate_of_a_test``."""
    event = threading.Event()
    monkeypatch.setattr(threading, "gate_of_a_test", event, raising=False)
    yield event
    event.set()


@pytest.fixture
def without_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the cross-cutting plugins alone that happen to be installed here."""
    names = {point.name for point in entry_points(group="venuekit.plugins")}
    monkeypatch.setenv("VENUEKIT_DISABLE", ",".join(names))
