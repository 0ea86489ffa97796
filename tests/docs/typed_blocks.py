"""
The Python blocks of the documentation as modules for type checkers.

    python -m tests.docs.typed_blocks FOLDER

Every block stands on the lines that it has in its page, so that a checker names the page's line. The blocks of a page
run one after another, and ``await`` may stand at their top: they are the body of an async function. A block that begins
with the name of a file is a part of that module.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import ROOT, Block, Page

#: pages whose blocks are examples of their own, where no file is named
APART = frozenset({"docs/plugins.md", "docs/observers.md"})
_BODY = "async def page() -> None:"
#: of pyright, which reads the settings of the project for nothing but the project's own code
_SETTINGS = {
    "include": ["."],
    "exclude": [],
    "pythonVersion": "3.11",
    "typeCheckingMode": "standard",
    # parts say as their `endpoints` what each needs, and a class of several has one that satisfies them all
    "reportIncompatibleVariableOverride": False,
}


def pages() -> Iterator[Page]:
    """Yield every page that users read."""
    for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("plugins/*/README.md"))):
        yield Page(path)


def modules_of(page: Page) -> dict[str, str]:
    """Return the modules that the blocks of a page are, by name; a file of a package is checked with its package."""
    place = page.path.relative_to(ROOT).as_posix()
    name = place.removesuffix(".md").replace("/", "_").replace("-", "_").lower()
    parts: dict[str, list[Block]] = {}
    for block in page.in_language("python"):
        file = block.title.partition(",")[0]
        if file.endswith(".py"):
            module = file.removesuffix(".py")
        else:
            module = f"{name}_{block.line}" if place in APART else name
        parts.setdefault(module, []).append(block)
    return {module: _text(blocks, module.startswith(name)) for module, blocks in parts.items() if "/" not in module}


def _text(blocks: list[Block], is_body: bool) -> str:
    lines = [""] * (blocks[-1].line + blocks[-1].code.count("\n"))
    for block in blocks:
        for number, line in enumerate(block.code.splitlines(), block.line):
            lines[number - 1] = f"    {line}" if is_body and line else line
    if is_body:
        lines[0] = _BODY  # the first line of a page is its title
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write them all."""
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for page in pages():
        for name, text in modules_of(page).items():
            (folder / f"{name}.py").write_text(text, encoding="utf-8")
    environment = {"venvPath": str(ROOT), "venv": ".venv"}
    (folder / "pyrightconfig.json").write_text(json.dumps(_SETTINGS | environment), encoding="utf-8")


if __name__ == "__main__":
    main()
