"""What the house rules look at."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def plugin_venues() -> dict[str, str]:
    """Venue id to the module that provides it, as the distributions in ``plugins/`` announce them."""
    announced: dict[str, str] = {}
    for path in ROOT.glob("plugins/*/pyproject.toml"):
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        announced |= project.get("entry-points", {}).get("venuekit.venues", {})
    return announced


@pytest.fixture(scope="session")
def files() -> tuple[Path, ...]:
    """Every text file of the repository: what is tracked, and what is new and not ignored."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():  # an unpacked archive has no history
        found = [path for path in ROOT.rglob("*") if not any(part.startswith(".") for part in path.parts)]
    else:
        command = [git, "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()  # noqa: S603
        found = [ROOT / name for name in listing.split("\0") if name]
    return tuple(sorted(path for path in found if path.is_file() and b"\0" not in path.read_bytes()[:4096]))
