"""What every benchmark shares: a row of the table, medians, and one core per process."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs

HERE = Path(__file__).parent


@attrs.frozen
class Row:
    """One line of the table; ``met`` is None where there is no target."""

    what: str
    figure: str
    target: str = ""
    met: bool | None = None


def pin(core: int) -> None:
    """Stay on one core, counted from the end when negative, where the system allows it and has more than one."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) > 1:
            os.sched_setaffinity(0, {cores[core]})


def in_fresh_processes(script: str, times: int, *arguments: str) -> list[dict[str, Any]]:
    """Run a script of this directory several times and return what each run printed, as JSON."""
    command = [sys.executable, str(HERE / script), *arguments]
    return [json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout) for _ in range(times)]  # noqa: S603


def in_own_environment(
    script: str, *arguments: str, with_packages: Sequence[str]
) -> tuple[dict[str, Any] | None, str | None]:
    """Run a script beside packages of its own; return what it printed, as JSON, or None and why there is nothing."""
    uv = shutil.which("uv")
    if uv is None:
        return None, "uv is not installed"
    packages = [part for package in with_packages for part in ("--with", package)]
    command = [uv, "run", "--isolated", "--no-project", *packages, "python", str(HERE / script), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        return None, (done.stderr.strip().splitlines() or ["it failed"])[-1][:80]
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures, None


def ratios(ours: Iterable[float], theirs: Iterable[float]) -> list[float]:
    """Return how much more ours took, round by round: what disturbs one round disturbs both sides of it."""
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return the median, and the smallest and largest value in brackets."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"
