"""Completion, in a real bash: commands, accounts, venues, symbols and choices."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from venuekit.cli import main

Call = Callable[..., Any]
BASH = shutil.which("bash")

pytestmark = pytest.mark.skipif(BASH is None, reason="there is no bash here")


@pytest.fixture
def complete(served: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], list[str]]:
    """Complete a line in bash, as the key Tab does: the script is sourced, and its function is asked."""
    program = tmp_path / "bin" / "venuekit"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m venuekit "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out

    def complete(line: str) -> list[str]:
        words = ["venuekit", *line.split(" ")]
        code = (
            f"{script}\nCOMP_WORDS=({' '.join(map(shlex.quote, words))})\nCOMP_CWORD={len(words) - 1}\n"
            '_venuekit_completion venuekit\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
        )
        environment = os.environ | {
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "VENUEKIT_ACCOUNTS": str(served.accounts),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        }
        done = subprocess.run(  # noqa: S603 - our own script
            [str(BASH), "--norc", "-c", code], capture_output=True, text=True, timeout=60, check=True, env=environment
        )
        assert done.stderr == ""
        return done.stdout.split()

    return complete


def test_commands_accounts_venues_and_choices_are_completed(complete: Callable[[str], list[str]]) -> None:
    """Each place of a line offers the names that fit it."""
    assert complete("pos") == ["positions"]
    assert complete("order pl") == ["place"]
    assert complete("balances to") == ["toy_perp"]
    assert complete("balances toy_perp t") == []
    assert complete("order place toy_perp TOYUSD b") == ["buy"]
    assert complete("order place toy_perp TOYUSD buy 1 --type trail") == ["trailing_stop_market"]
    assert "toy_perp" in complete("sim --venue toy_")
    assert complete("plan target.toml --account to") == ["toy_perp"]
    assert complete("overview --alert d") == ["distance"]
    assert complete("balances --accounts /nowhere to") == []


def test_symbols_are_those_that_were_read_last(
    complete: Callable[[str], list[str]], served: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any list was read there is none; ``instruments`` keeps them, and the venue is not asked at Tab."""
    assert complete("adl toy_perp --symbol T") == []

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert main(["instruments", "toy_perp", "--accounts", str(served.accounts)]) == 0

    assert complete("adl toy_perp --symbol T") == ["TOYUSD"]
    assert complete("order query toy_perp G") == ["GEMUSD"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(call: Call, shell: str) -> None:
    """The script says how to keep it."""
    done = call("completion", shell)

    assert done.status == 0
    assert done.out.startswith("# to keep it: ")
    assert "_VENUEKIT_COMPLETE" in done.out
