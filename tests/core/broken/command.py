"""The command line in another process, with a directory of distributions installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run_command(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run one command with the distributions of a directory installed, and return its output and status."""
    environment = os.environ | {"PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "venuekit", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment, cwd=site)  # noqa: S603 - our own command
