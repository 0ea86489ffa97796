"""Type checkers see every Python block of the documentation, at the lines of its page (``make lint``)."""

from __future__ import annotations

import ast
import textwrap

import pytest
from tests.docs.pages import ROOT, Page
from tests.docs.typed_blocks import modules_of, pages


@pytest.mark.parametrize("page", [*pages()], ids=lambda page: page.path.relative_to(ROOT).as_posix())
def test_each_block_stands_in_a_module_at_its_own_lines(page: Page) -> None:
    """But for files of a package that another test writes and checks, each line of a block is that of a module."""
    modules = modules_of(page)
    lines = [text.splitlines() for text in modules.values()]

    for block in page.in_language("python"):
        if "/" in block.title:
            continue
        until = block.line - 1 + len(block.code.splitlines())
        found = ["\n".join(text[block.line - 1 : until]) for text in lines]
        assert block.code.rstrip() in {textwrap.dedent(text) for text in found}
    for text in modules.values():
        ast.parse(text)
