"""Pages of the documentation, and the blocks that they show."""

from __future__ import annotations

import re
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w+)\n(?P<code>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE)


@attrs.frozen
class Block:
    """A fenced block: its language, its text without the indentation of a list, its first line, and its heading."""

    language: str
    code: str
    line: int
    heading: str

    @property
    def title(self) -> str:
        """What its first line says after a hash: the name of a file, in our documentation."""
        first = self.code.partition("\n")[0]
        return first.removeprefix("# ") if first.startswith("# ") else ""


@attrs.frozen
class Page:
    """A page of the documentation."""

    path: Path

    @property
    def text(self) -> str:
        """What it says."""
        return self.path.read_text(encoding="utf-8")

    @property
    def blocks(self) -> list[Block]:
        """Its fenced blocks, in order."""
        found = []
        for block in _FENCE.finditer(self.text):
            headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", self.text[: block.start()]), re.MULTILINE)
            code = re.sub(rf"^{block['indent']}", "", block["code"], flags=re.MULTILINE)
            line = self.text.count("\n", 0, block.start("code")) + 1
            found.append(Block(block["language"], code, line, headings[-1] if headings else ""))
        return found

    def in_language(self, language: str) -> list[Block]:
        """Return the blocks of one language."""
        return [block for block in self.blocks if block.language == language]
