"""
Wall time until ``import venuekit`` is done, and of command line calls that need no network, in fresh interpreters.

An import is measured from before the interpreter starts until the last line of the child, without its tear-down; a
command from before it starts until it has ended. Bytecode is in place, as on any machine that has run the command
once, in a directory of the benchmark's own: it does not hang on what the environment says about writing bytecode.
Prints JSON: milliseconds, for each case one number per run; for a command also its CPU time, which other work
on the machine disturbs less.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS, DEMOS = 15, 3
_MARK = "import sys, time; sys.stdout.write(repr(time.monotonic())); sys.stdout.flush()"
IMPORTS = {
    "python (nothing)": _MARK,
    "import attrs, pluggy": f"import attrs, pluggy; {_MARK}",
    "import attrs, click, pluggy": f"import attrs, click, pluggy; {_MARK}",
    "import venuekit": f"import venuekit; {_MARK}",
    "from venuekit import *": f"from venuekit import *; {_MARK}",
    "import aiohttp": f"import aiohttp; {_MARK}",
}
COMMANDS = (
    "--version",
    "venues",
    "capabilities",
    "endpoints binance_coinm --json",
    "endpoints binance_usdm --json",
    "endpoints bybit_inverse --json",
)


def import_time(program: str, environment: dict[str, str]) -> float:
    """Return milliseconds; the monotonic clock is the same in parent and child."""
    command = [sys.executable, "-c", program]
    started = time.monotonic()
    child = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603
    return (float(child.stdout) - started) * 1000


def command_time(arguments: str, environment: dict[str, str]) -> tuple[float, float]:
    """Return milliseconds of wall and of CPU time."""
    script = shutil.which("venuekit", path=Path(sys.executable).parent) or shutil.which("venuekit")
    command = [sys.executable, "-m", "venuekit"] if script is None else [script]
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*command, *arguments.split()], check=True, stdout=subprocess.DEVNULL, env=environment)  # noqa: S603
    took, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took * 1000, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = bytecode
        figures: dict[str, list[float]] = {name: [] for name in IMPORTS}
        for arguments in COMMANDS:
            figures |= {f"venuekit {arguments}": [], f"CPU of venuekit {arguments}": []}
        for number in range(RUNS + 1):
            for name, program in IMPORTS.items():
                figures[name].append(import_time(program, environment))
            for arguments in COMMANDS:
                wall, cpu = command_time(arguments, environment)
                figures[f"venuekit {arguments}"].append(wall)
                figures[f"CPU of venuekit {arguments}"].append(cpu)
            if number == 0:  # wrote the bytecode
                for runs in figures.values():
                    runs.clear()
        figures["venuekit demo"] = [command_time("demo", environment)[0] for _ in range(DEMOS)]
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
