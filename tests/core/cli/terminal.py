"""A terminal with a program in it: the screen as a person sees it, and everything that was written to it."""

from __future__ import annotations

import os
import signal
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pexpect
import pyte

#: longest time, in seconds, for a program to start or to end on a busy machine
LONG = 60.0


class Terminal:
    """
    A program in a terminal of 80 columns and 24 lines; a context manager that ends it.

    Attributes:
        written: Everything that the program wrote.
    """

    def __init__(
        self, command: Sequence[str], directory: Path, environment: Mapping[str, str], columns: int = 80
    ) -> None:
        self.written = b""
        self._screen = pyte.Screen(columns, 24)
        self._stream = pyte.ByteStream(self._screen)
        self._child = pexpect.spawn(
            command[0],
            list(command[1:]),
            cwd=str(directory),
            env={**os.environ, "TERM": "xterm-256color", **environment},
            dimensions=(24, columns),
            timeout=LONG,
        )
        self.modes_before = self._modes()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._child.close(force=True)

    @property
    def lines(self) -> list[str]:
        """The lines of the screen without blanks at their ends."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines)

    def wait_for(self, words: str | Callable[[str], Any], seconds: float = LONG) -> float:
        """Read until the screen shows words, or a predicate of its text holds; return how many seconds that took."""
        begun = time.monotonic()
        holds = (lambda text: words in text) if isinstance(words, str) else words
        while not holds(self.text):
            assert time.monotonic() - begun < seconds, f"not within {seconds} s:\n{self.text}"
            self._read(0.05)
        return time.monotonic() - begun

    def _read(self, seconds: float) -> None:
        try:
            data = self._child.read_nonblocking(65536, seconds)
        except pexpect.TIMEOUT:
            return
        except pexpect.EOF:
            raise AssertionError(f"it has ended:\n{self.text}") from None
        self.written += data
        self._stream.feed(data)

    def press(self, keys: str) -> None:
        """Type keys."""
        self._child.send(keys)

    def kill(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._child.kill(number)

    def wait_for_end(self) -> int:
        """Wait until the program has ended, and return its status."""
        self._child.expect(pexpect.EOF)
        self.written += self._child.before
        self._stream.feed(self._child.before)
        self.modes_after = self._modes()
        self._child.close()
        status = self._child.exitstatus
        assert isinstance(status, int), f"ended by signal {self._child.signalstatus}"
        return status

    def _modes(self) -> list[Any]:
        """Return the modes of the terminal itself, such as echo."""
        return termios.tcgetattr(self._child.child_fd)

    def is_clean(self) -> bool:
        """Say whether the alternate screen was left, the cursor is shown, and the terminal echoes as before."""
        left = self.written.rfind(b"\x1b[?1049l") > self.written.rfind(b"\x1b[?1049h")
        shown = self.written.rfind(b"\x1b[?25h") > self.written.rfind(b"\x1b[?25l")
        return left and shown and bool(self.modes_after[3] & termios.ECHO) and self.modes_after == self.modes_before
