"""What all tests share."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import coverage
import pytest
from hypothesis import settings

pytest_plugins = ["pytester", "tests.interop.recorder", "tests.leaks"]


def pytest_configure() -> None:
    """
    Start without an event loop: pytest-asyncio would make one only to put it back later, and nobody closes it.

    Examples have no deadline of their own: how long one takes says more about the machine than about the code. While
    coverage is measured they are the same ones each time, so that no line is reached by luck.
    """
    asyncio.set_event_loop(None)
    is_measured = coverage.Coverage.current() is not None
    settings.register_profile("patient", settings(), deadline=None, derandomize=is_measured)
    settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def state_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep journals and undo files of tests, and of the processes that they start, out of the user's directories."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Leave the 20,000 collected tests out of later collections of garbage, each of which would take half a second."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Save the measured coverage before pytest-xdist ends a worker, which it kills when that takes ten seconds."""
    measured = coverage.Coverage.current()
    if measured is not None:
        measured.save()
