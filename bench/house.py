"""
The house in figures: lines, files, words and names of the product, counted from its sources.

    python bench/house.py        prints the figures as JSON

A *folder* is core, docs, tests, or a distribution of ``plugins/``. Words are those of docstrings, comments and pages.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).parents[1]
FOLDERS = ("core", "docs", "tests", *sorted(f"plugins/{path.parent.name}" for path in ROOT.glob("plugins/*/*.toml")))
SHORT = 50

_WORD = re.compile(r"[A-Za-z']+")
_WHAT = re.compile(r"\bwhat\b", re.IGNORECASE)
_OTHER = re.compile(
    r"\b(tells?|told|telling|hangs? on|stands? (in|for|on|behind)|nobody|whoever|somebody|heed\w*|hears?)\b",
    re.IGNORECASE,
)
_IRREGULAR = frozenset(
    {
        "asked",
        "begun",
        "found",
        "given",
        "gone",
        "held",
        "kept",
        "known",
        "left",
        "lost",
        "made",
        "paid",
        "said",
        "seen",
    }
    | {"seen", "sent", "shown", "spent", "taken", "told", "unread"}
)
_VERBS_IN_ED = frozenset({"embed", "exceed", "feed", "need", "proceed", "seed", "speed", "succeed"})
#: what names the capability that shows auto-deleveraging ranks, its rows, its endpoint and its command; as ADL is also
#: a state of a position and a kind of fill, members of enumerations do not count
_GET_CAPABILITY = re.compile(
    r"AdlReader|AdlQuantile|get_adl_quantiles|\bAdlRow\b|\b(?:Binance|Bybit)Adl\b|\b(?:decode_adl|adl_quantile)\b"
    r"|\badl_command\b|\"adl\":|\b(?:endpoints|self|USDM|COINM|ASTER|UsdmEndpoints)\.ADL\b"
    r"|^\s*\"?ADL\"?(?:,|:| = (?!\"))",
    re.MULTILINE,
)


@attrs.frozen
class Source:
    """A module: where it is, its text and its syntax tree."""

    path: Path
    text: str
    tree: ast.Module = attrs.field(repr=False)

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of its path below the repository."""
        return self.path.relative_to(ROOT).parts

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return self.text.count("\n")

    @property
    def is_product(self) -> bool:
        """Whether it is installed with a distribution, and no test."""
        return self.parts[0] in {"core", "plugins"} and "tests" not in self.parts


@attrs.frozen
class Prose:
    """Words of a folder, and how many of them are avoided, per 1,000."""

    words: int
    what: float
    other: float


@cache
def sources() -> tuple[Source, ...]:
    """Return every module of core, plugins and tests."""
    paths = [path for name in ("core", "plugins", "tests") for path in sorted((ROOT / name).rglob("*.py"))]
    texts = ((path, path.read_text(encoding="utf-8")) for path in paths if ".venv" not in path.parts)
    return tuple(Source(path, text, ast.parse(text)) for path, text in texts)


def product() -> tuple[Source, ...]:
    """Return the modules that a user installs."""
    return tuple(source for source in sources() if source.is_product)


def prose_of(folder: str) -> Prose:
    """Count the words of a folder's docstrings and comments, or of its pages."""
    if folder == "docs":
        pages = [*ROOT.glob("docs/*.md"), *ROOT.glob("*.md")]
        return _count(path.read_text(encoding="utf-8") for path in sorted(pages))
    inside = [source for source in sources() if source.path.is_relative_to(ROOT / folder)]
    return _count(text for source in inside for text in _prose(source))


def _prose(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT and "noqa" not in token.string:
            yield token.string.lstrip("#: ")


def _count(texts: Iterable[str]) -> Prose:
    text = " ".join(texts)
    words = len(_WORD.findall(text))
    what, other = (round(len(pattern.findall(text)) * 1000 / max(words, 1), 1) for pattern in (_WHAT, _OTHER))
    return Prose(words, what, other)


def is_participle(name: str) -> bool:
    """Whether a function's name begins with a bare participle."""
    first = name.strip("_").split("_")[0]
    return first in _IRREGULAR or (first.endswith("ed") and len(first) > 4 and first not in _VERBS_IN_ED)


def share_of_participles(modules: Iterable[Source]) -> float:
    """Return the percentage of functions, properties left out, that are named by a participle."""
    names = [
        node.name
        for source in modules
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not any("property" in ast.unparse(decorator) for decorator in node.decorator_list)
    ]
    return round(100 * sum(map(is_participle, names)) / max(len(names), 1), 1)


def classes_named_twice() -> list[str]:
    """Return the names of public classes that two modules of core define."""
    names = Counter(
        node.name
        for source in product()
        if source.parts[0] == "core"
        for node in source.tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    return sorted(name for name, times in names.items() if times > 1)


def lines_per_venue() -> Mapping[str, Mapping[str, int]]:
    """Return the lines of each distribution of ``plugins/``, those of its simulated venue apart."""
    lines: dict[str, dict[str, int]] = defaultdict(lambda: {"client": 0, "simulated": 0})
    for source in product():
        if source.parts[0] == "plugins":
            name = source.parts[1] + ("/aster" if "aster" in source.parts else "")
            is_simulated = bool({"front", "simulated"} & {part.removesuffix(".py") for part in source.parts})
            lines[name]["simulated" if is_simulated else "client"] += source.lines
    return lines


def files_of_a_get_capability() -> list[str]:
    """Return the product files that one GET capability touches: those that name the one about auto-deleveraging."""
    return ["/".join(source.parts) for source in product() if _GET_CAPABILITY.search(source.text)]


def figures() -> dict[str, Any]:
    """Return every figure that needs nothing but the sources."""
    modules = product()
    everywhere = _count(text for source in modules for text in _prose(source))
    return {
        "lines": sum(source.lines for source in modules),
        "files": len(modules),
        f"files under {SHORT} lines": sum(source.lines < SHORT for source in modules),
        "what per 1,000 words": everywhere.what,
        "other banned words per 1,000": everywhere.other,
        "functions named by a participle, %": share_of_participles(modules),
        "classes named twice in core": classes_named_twice(),
        "files of a GET capability": files_of_a_get_capability(),
        "lines per venue": lines_per_venue(),
        "prose": {folder: attrs.asdict(prose_of(folder)) for folder in FOLDERS},
    }


if __name__ == "__main__":
    print(json.dumps(figures(), indent=1))
