"""
Run a notebook in a kernel of its own, and keep what its cells print.

``python -m tests.docs.notebooks examples/notebook.ipynb`` writes the outputs into the file; a test compares them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbclient
import nbformat


def run(path: Path) -> str:
    """Return the notebook as a file, with the outputs of this run and without its times."""
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3", record_timing=False)
    done = client.execute()
    done.metadata = {"language_info": {"name": "python"}}
    return f"{nbformat.writes(done, indent=1)}\n"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    text = run(file)
    if "--print" in sys.argv:
        print(text)  # noqa: T201 - for the test, which runs it in another process
    else:
        file.write_text(text, encoding="utf-8")
