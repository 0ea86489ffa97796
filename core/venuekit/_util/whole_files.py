"""Whole files: a file is replaced in one step, so that nobody ever reads half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

#: readable by its owner alone
PRIVATE = 0o600


def write_whole(file: Path, content: str | bytes, *, mode: int = PRIVATE) -> None:
    """
    Replace a file in one step, by text as UTF-8 or by bytes.

    The temporary file is readable by its owner alone, and gets its ``mode`` at the end.

    Raises:
        OSError: it cannot be written, and the error names it; the former file is still there.
    """
    try:
        _write(file, content, mode)
    except OSError as error:
        error.filename, error.filename2 = str(file), None  # the temporary one means nothing to the caller
        raise


def _write(file: Path, content: str | bytes, mode: int) -> None:
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content.encode() if isinstance(content, str) else content)
        temporary.chmod(mode)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)  # still there only after a failure
