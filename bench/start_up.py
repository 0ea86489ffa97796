"""
Wall time until ``import venuekit`` is done, and of command line calls that need no network, in fresh interpreters.

An import is measured from before the interpreter starts until the last line of the child, without its tear-down; a
command from before it starts until it has ended. Prints JSON: milliseconds, for each case one number per run.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15
_MARK = "import sys, time; sys.stdout.write(repr(time.monotonic())); sys.stdout.flush()"
IMPORTS = {
    "python (nothing)": _MARK,
    "import attrs, pluggy": f"import attrs, pluggy; {_MARK}",
    "import venuekit": f"import venuekit; {_MARK}",
    "from venuekit import *": f"from venuekit import *; {_MARK}",
    "import aiohttp": f"import aiohttp; {_MARK}",
}
COMMANDS = ("--version", "venues", "capabilities", "endpoints binance_usdm --json")


def import_time(program: str) -> float:
    """Return milliseconds; the monotonic clock is the same in parent and child."""
    started = time.monotonic()
    child = subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return (float(child.stdout) - started) * 1000


def command_time(arguments: str) -> float:
    script = shutil.which("venuekit", path=Path(sys.executable).parent) or shutil.which("venuekit")
    command = [sys.executable, "-m", "venuekit"] if script is None else [script]
    started = time.monotonic()
    subprocess.run([*command, *arguments.split()], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return (time.monotonic() - started) * 1000


def main() -> None:
    figures: dict[str, list[float]] = {name: [] for name in IMPORTS}
    figures |= {f"venuekit {arguments}": [] for arguments in COMMANDS}
    for number in range(RUNS + 1):
        for name, program in IMPORTS.items():
            figures[name].append(import_time(program))
        for arguments in COMMANDS:
            figures[f"venuekit {arguments}"].append(command_time(arguments))
        if number == 0:  # wrote the bytecode
            for runs in figures.values():
                runs.clear()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
