"""Requests before and after they are signed: their bytes, and that they leave by no copy."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from venuekit.message import HttpRequest
from venuekit.signing import EncodedRequest, Stamp


def test_encoded_request_becomes_the_request_that_is_sent() -> None:
    """Path and query stand behind the host, and a body brings the header of its media type."""
    read = EncodedRequest("GET", "https://acme.example", "/v1/a%2Fb", "x=1", None)
    assert read.target == "/v1/a%2Fb?x=1"
    assert read.with_headers({"Key": "k"}) == HttpRequest("GET", "https://acme.example/v1/a%2Fb?x=1", {"Key": "k"})
    write = EncodedRequest("POST", "https://acme.example", "/v1/order", "", b"{}", 10, "application/json")
    assert write.target == "/v1/order"
    sent = write.with_headers({})
    assert sent == HttpRequest("POST", "https://acme.example/v1/order", {"Content-Type": "application/json"}, b"{}", 10)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (EncodedRequest("GET", "https://acme.example", "/v1/order", "key=k", None), "a EncodedRequest"),
        (Stamp("key", 1, 5000), "a Stamp"),
        (HttpRequest("GET", "https://acme.example/v1/order?signature=s", {}), "a HttpRequest"),
    ],
    ids=str,
)
def test_message_cannot_be_pickled_or_copied(message: Any, words: str) -> None:
    """It may carry key and signature, so that the error names its type and nothing else."""
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError) as caught:
            leave(message)
        assert f"{words} cannot be pickled or copied: it may carry key and signature" == str(caught.value)
