"""Reading what the documentation shows."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w+)\n(?P<code>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE)


@attrs.frozen
class Block:
    """A fenced block: its language, its text without the indentation of a list, and the heading above it."""

    language: str
    code: str
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
            found.append(Block(block["language"], code, headings[-1] if headings else ""))
        return found

    def in_language(self, language: str) -> list[Block]:
        """Return the blocks of one language."""
        return [block for block in self.blocks if block.language == language]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def readme() -> Page:
    """README.md."""
    return Page(ROOT / "README.md")


@pytest.fixture(scope="session")
def plugins_page() -> Page:
    """docs/plugins.md."""
    return Page(ROOT / "docs" / "plugins.md")


@pytest.fixture(scope="session")
def architecture() -> Page:
    """docs/architecture.md."""
    return Page(ROOT / "docs" / "architecture.md")


@pytest.fixture(scope="session")
def dead_man_page() -> Page:
    """docs/dead_man.md."""
    return Page(ROOT / "docs" / "dead_man.md")


@pytest.fixture(scope="session")
def sync_page() -> Page:
    """docs/sync.md."""
    return Page(ROOT / "docs" / "sync.md")


@pytest.fixture(scope="session")
def order_check_page() -> Page:
    """docs/order_check.md."""
    return Page(ROOT / "docs" / "order_check.md")


@pytest.fixture(scope="session")
def closing_page() -> Page:
    """docs/closing.md."""
    return Page(ROOT / "docs" / "closing.md")


@pytest.fixture(scope="session")
def instruments_page() -> Page:
    """docs/instruments.md."""
    return Page(ROOT / "docs" / "instruments.md")


@pytest.fixture(scope="session")
def orders_page() -> Page:
    """docs/orders.md."""
    return Page(ROOT / "docs" / "orders.md")


@pytest.fixture(scope="session")
def histories_page() -> Page:
    """docs/histories.md."""
    return Page(ROOT / "docs" / "histories.md")


@pytest.fixture(scope="session")
def simulator_page() -> Page:
    """docs/simulator.md."""
    return Page(ROOT / "docs" / "simulator.md")


@pytest.fixture(scope="session")
def keys_page() -> Page:
    """docs/keys.md."""
    return Page(ROOT / "docs" / "keys.md")


@pytest.fixture(scope="session")
def settings_page() -> Page:
    """docs/settings.md."""
    return Page(ROOT / "docs" / "settings.md")


@pytest.fixture(scope="session")
def worlds_page() -> Page:
    """docs/worlds.md."""
    return Page(ROOT / "docs" / "worlds.md")


@pytest.fixture(scope="session")
def budgets_page() -> Page:
    """docs/budgets.md."""
    return Page(ROOT / "docs" / "budgets.md")


@pytest.fixture(scope="session")
def fleet_page() -> Page:
    """docs/fleet.md."""
    return Page(ROOT / "docs" / "fleet.md")


@pytest.fixture(scope="session")
def portfolio_page() -> Page:
    """docs/portfolio.md."""
    return Page(ROOT / "docs" / "portfolio.md")


@pytest.fixture(scope="session")
def disturbances_page() -> Page:
    """docs/disturbances.md."""
    return Page(ROOT / "docs" / "disturbances.md")


@pytest.fixture(scope="session")
def streams_page() -> Page:
    """docs/simulated_streams.md."""
    return Page(ROOT / "docs" / "simulated_streams.md")


@pytest.fixture(scope="session")
def control_page() -> Page:
    """docs/simulator_control.md."""
    return Page(ROOT / "docs" / "simulator_control.md")
