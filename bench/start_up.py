"""
Wall time until ``import venuekit`` is done, and of command line calls that need no network, in fresh interpreters.

An import is measured from before the interpreter starts until the last line of the child, without its tear-down; a
command from before it starts until it has ended. Bytecode is in place, as on any machine that has run the command
once, in a directory of the benchmark's own: it does not hang on what the environment says about writing bytecode.
Prints JSON: milliseconds, for each case one number per run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
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


def command_time(arguments: str, environment: dict[str, str]) -> float:
    script = shutil.which("venuekit", path=Path(sys.executable).parent) or shutil.which("venuekit")
    command = [sys.executable, "-m", "venuekit"] if script is None else [script]
    started = time.monotonic()
    subprocess.run([*command, *arguments.split()], check=True, stdout=subprocess.DEVNULL, env=environment)  # noqa: S603
    return (time.monotonic() - started) * 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = bytecode
        cases: dict[str, Callable[[dict[str, str]], float]] = {
            name: partial(import_time, program) for name, program in IMPORTS.items()
        }
        cases |= {f"venuekit {arguments}": partial(command_time, arguments) for arguments in COMMANDS}
        for measure in cases.values():
            measure(environment)  # writes the bytecode
        figures: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(RUNS):
            for name, measure in cases.items():
                figures[name].append(measure(environment))
        figures["venuekit demo"] = [command_time("demo", environment) for _ in range(DEMOS)]
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
