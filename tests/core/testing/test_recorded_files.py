"""Recorded answers: what a file says, byte for byte, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from venuekit.endpoint import EndpointName, Security
from venuekit.testing import load_recorded

FILE = """
{
  "source": "documented", "verb": "GET", "path": "/v1/x", "security": "signed",
  "parameters": {"symbol": "BTCUSD"}, "status": 200,
  "answer": {"a": 0.10,  "b": 18446744073709551616}
}
"""


def test_answer_is_kept_byte_for_byte(tmp_path: Path) -> None:
    """The body is what stands in the file: no digit, blank or order is changed."""
    (tmp_path / "x.json").write_text(FILE, encoding="utf-8")
    (case,) = load_recorded(tmp_path)
    assert case.body == b'{"a": 0.10,  "b": 18446744073709551616}'
    assert (case.name, case.endpoint_name, case.security) == ("x", EndpointName("GET", "/v1/x"), Security.SIGNED)
    assert case.is_success
    assert case.response().body == case.body


def test_text_that_is_no_json(tmp_path: Path) -> None:
    """A body that is no JSON is a text."""
    file = FILE.replace('"answer": {"a": 0.10,  "b": 18446744073709551616}', '"text": "<html>"')
    (tmp_path / "x.json").write_text(file.replace('"status": 200', '"status": 502'), encoding="utf-8")
    (case,) = load_recorded(tmp_path)
    assert case.body == b"<html>"
    assert not case.is_success


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"verb": "GET", ', "", id="a field is missing"),
        pytest.param('"verb"', '"method"', id="a field is misspelt"),
        pytest.param('"signed"', '"locked"', id="no such security"),
        pytest.param("{\n", "[\n", id="no object"),
    ],
)
def test_file_that_is_no_recording(tmp_path: Path, old: str, new: str) -> None:
    """A file that is no recorded answer is named in the error."""
    (tmp_path / "spoiled.json").write_text(FILE.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=r"spoiled\.json is no recorded answer"):
        load_recorded(tmp_path)


def test_unknown_name(tmp_path: Path) -> None:
    """Asking for a recording that is not there names those that are."""
    (tmp_path / "x.json").write_text(FILE, encoding="utf-8")
    with pytest.raises(LookupError, match="there is x"):
        load_recorded(tmp_path).case("y")
