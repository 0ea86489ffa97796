"""SVG files as tests read them: their texts, and the number of points in their panels."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

_SVG = "{http://www.w3.org/2000/svg}"


def _root(path: Path) -> ET.Element:
    """Return the root of a file; one that is no whole SVG fails."""
    root = ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - our own file
    assert root.tag == f"{_SVG}svg"
    return root


def texts_of(path: Path) -> list[str]:
    """Return every text of a file."""
    return ["".join(text.itertext()) for text in _root(path).iter(f"{_SVG}text")]


def points_of(path: Path, kind: str) -> list[list[int]]:
    """Return for each panel the number of points of each of its layers of a kind, such as ``PathCollection``."""
    panels = [one for one in _root(path).iter(f"{_SVG}g") if one.get("id", "").startswith("axes_")]
    return [
        [count for layer in panel if layer.get("id", "").startswith(f"{kind}_") if (count := _points(layer))]
        for panel in panels
    ]


def _points(layer: ET.Element) -> int:
    """Return the number of marks; without a mark, that of shapes, where a lone line is none."""
    marks = sum(1 for _ in layer.iter(f"{_SVG}use"))
    shapes = len(layer.findall(f"{_SVG}path"))
    return marks or (shapes if shapes > 1 else 0)
