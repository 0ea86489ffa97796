"""Loading of plugins: their prints go to standard error, and the time that they take is measured."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any, TextIO

import attrs

from venuekit._broken import Flaw
from venuekit._entry_points import Announced, SourceLine

#: a plugin that computes or waits for longer is reported
_SLOW_SECONDS = 1.0
#: seconds that a thread may have waited for the processor for each that it computed, on a busy machine
_BUSY = 5.0


@attrs.define
class Loading:
    """
    The loading of a plugin: its seconds, and the first line of code that printed meanwhile, with its text.

    ``computed`` has the seconds of the processor among them, most of which tracing takes where it ``is_traced``.
    """

    find_own: Callable[[], Callable[[str], bool]]
    seconds: float = 0.0
    computed: float = 0.0
    is_traced: bool = False
    printed: str | None = None
    printed_at: SourceLine | None = None

    @property
    def is_slow(self) -> bool:
        """Whether it took over a second by itself, rather than because the machine was busy or the code traced."""
        if self.is_traced:
            return False
        waited = self.seconds - self.computed
        return self.computed > _SLOW_SECONDS or waited > _SLOW_SECONDS + _BUSY * self.computed

    def note_print(self, text: str) -> None:
        """Note a print, and the innermost line of the plugin that leads to it."""
        if self.printed is not None or not text.strip():
            return
        self.printed = text.strip().splitlines()[0]
        is_own = self.find_own()
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to the caller's line
        while frame is not None and not is_own(frame.f_code.co_filename):
            frame = frame.f_back
        if frame is not None:
            self.printed_at = SourceLine(frame.f_code.co_filename, frame.f_lineno)


#: the loadings of running threads
_loadings: dict[int, Loading] = {}
_lock = threading.Lock()


class _Output:
    """Standard output, on which a thread that loads a plugin does not print: its texts go to standard error."""

    def __init__(self, output: TextIO) -> None:
        self.output = output

    def write(self, text: str) -> int:
        loading = _loadings.get(threading.get_ident())
        if loading is None:
            return self.output.write(text)
        loading.note_print(text)
        return self._instead().write(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._instead() if threading.get_ident() in _loadings else self.output, name)

    def _instead(self) -> TextIO:
        """Return standard error, or the output itself where there is none."""
        stream = sys.stderr or self.output
        return stream.output if isinstance(stream, _Output) else stream


def is_traced() -> bool:
    """Say whether a debugger or a measurement of coverage watches each line of this thread."""
    return sys.gettrace() is not None


@contextmanager
def watch_loading(find_own: Callable[[], Callable[[str], bool]]) -> Iterator[Loading]:
    """
    Measure a plugin that this thread loads or asks, and keep its prints off standard output.

    ``find_own`` returns a function that says whether a file is the plugin's. Other threads print as before.
    """
    loading, thread = Loading(find_own, is_traced=is_traced()), threading.get_ident()
    outer = _loadings.get(thread)
    with _lock:
        if sys.stdout is not None and not isinstance(sys.stdout, _Output):
            sys.stdout = _Output(sys.stdout)
        _loadings[thread] = loading
    begun, computing = time.perf_counter(), time.thread_time()
    try:
        yield loading
    finally:
        loading.seconds, loading.computed = time.perf_counter() - begun, time.thread_time() - computing
        with _lock:
            if outer is None:
                del _loadings[thread]
            else:
                _loadings[thread] = outer
            if not _loadings and isinstance(sys.stdout, _Output):
                sys.stdout = sys.stdout.output


def flaws_of(one: Announced, plugin: object, loading: Loading) -> Iterator[Flaw]:
    """Yield the faults of a plugin that was loaded: that it is slow, and that it prints."""
    flaw = partial(Flaw, one.name, (one.origin,))
    if loading.is_slow:
        file = getattr(plugin, "__file__", None)
        place = SourceLine(file, 1) if isinstance(file, str) else one.place
        cause = f"took {loading.seconds:.1f} s to load"
        yield flaw(cause, place, "import heavy modules, and ask others, where they are used")
    if loading.printed is not None:
        cause = f"printed {loading.printed[:80]!r} while it was loaded"
        yield flaw(cause, loading.printed_at, "log it, or remove the print")
