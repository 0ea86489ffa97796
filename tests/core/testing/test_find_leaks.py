"""Secrets are found in many texts as fast as in one, and none is overlooked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from venuekit.testing.conformance.secrets import find_leaks

LETTERS = "abC9+/=%_- \n'"
TEXTS = st.lists(st.text(LETTERS, max_size=60), max_size=6)


@given(TEXTS, st.lists(st.text(LETTERS, min_size=1, max_size=24), max_size=4), st.data())
def test_texts_with_a_secret_are_found(texts: list[str], secrets: list[str], data: st.DataObject) -> None:
    """Exactly those texts are returned that contain a secret, a long or a short one, alone or inside another word."""
    if texts and secrets:
        secret, place = data.draw(st.sampled_from(secrets)), data.draw(st.integers(0, len(texts) - 1))
        texts[place] = texts[place][:9] + secret + texts[place][9:]

    assert find_leaks(texts, secrets) == sorted({text for text in texts if any(secret in text for secret in secrets)})
