"""The notebook in examples/ runs as it stands, and shows what its file shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "notebook.ipynb"


def test_the_notebook_shows_what_its_file_shows(tmp_path: Path) -> None:
    """Run by a kernel of its own, each cell prints what ``python -m tests.docs.notebooks FILE`` has stored."""
    command = [sys.executable, "-m", "tests.docs.notebooks", str(NOTEBOOK), "--print"]
    environment = os.environ | {"HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path), "JUPYTER_PLATFORM_DIRS": "1"}
    done = subprocess.run(  # noqa: S603 - our own notebook
        command, capture_output=True, text=True, timeout=120, cwd=ROOT, env=environment, check=False
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["cells"] == json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
