"""Distributions that a test installs, and the plugins among them."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.core.plugin_sites import Discover, Install

from venuekit.plugins import Plugins, make_plugins


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory of installed distributions; what was imported from it is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in [name for name in set(sys.modules) - before if _is_below(tmp_path, sys.modules[name])]:
        del sys.modules[name]


def _is_below(directory: Path, module: ModuleType) -> bool:
    """Say whether a module was found below a directory; a namespace, which has no file, may have been anywhere."""
    file = getattr(module, "__file__", None)
    return hasattr(module, "__path__") if file is None else str(directory) in file


@pytest.fixture
def install(site: Path) -> Install:
    """Install a distribution of one module: ``install("acme", code, venues=("acme_perp",))``."""

    def install(
        name: str,
        code: str,
        *,
        venues: tuple[str, ...] = (),
        plugins: tuple[str, ...] = (),
        module: str | None = None,
    ) -> None:
        module = module or name.replace("-", "_")
        (site / f"{module}.py").write_text(textwrap.dedent(code))
        info = site / f"{name.replace('-', '_')}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n")
        lines = ["[venuekit.venues]", *(f"{one} = {module}" for one in venues)]
        lines += ["[venuekit.plugins]", *(f"{one} = {module}" for one in plugins)]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")

    return install


@pytest.fixture
def discover(site: Path) -> Discover:
    """Find the plugins among the distributions of ``site`` and no others."""

    def discover(**options: Any) -> Plugins:
        points = [point for one in distributions(path=[str(site)]) for point in one.entry_points]
        return make_plugins(entry_points=points, **options)

    return discover
