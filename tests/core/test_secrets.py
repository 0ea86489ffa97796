from __future__ import annotations

import base64
import copy
import gc
import hmac
import json
import pickle
import traceback
from decimal import Decimal
from typing import Literal
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venuekit import Credentials, Secret
from venuekit._util.texts import without
from venuekit.credentials import HmacSigner, redact
from venuekit.credentials.redactor import redact_parameters, redact_start
from venuekit.endpoint import Endpoint
from venuekit.errors import CredentialsError
from venuekit.parameters import Parameter

PLANTED = "vR7planted0secret9ThatNobodyMaySee4QmZ8xW2kLpT6yB3nC5dF1gH0jK9sA"


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{:>9}".format, lambda secret: f"{secret!r:>80}"])
def test_a_secret_shows_nothing(show: object) -> None:
    """However a secret is turned into text, its text is not in it."""
    assert callable(show)
    assert PLANTED not in show(Secret(PLANTED))


@pytest.mark.parametrize("hand_over", [pickle.dumps, copy.deepcopy, copy.copy])
def test_a_secret_leaves_the_process_in_no_way(hand_over: object) -> None:
    """Pickling is refused, and the refusal names what to hand over instead."""
    assert callable(hand_over)
    with pytest.raises(TypeError, match="env:NAME"):
        hand_over(Secret(PLANTED))


def test_credentials_and_signers_show_nothing() -> None:
    """Neither key nor secret are in the repr of what holds them."""
    credentials = Credentials.sim("http://127.0.0.1:1/x", PLANTED, PLANTED)

    assert PLANTED not in repr(credentials) + repr(HmacSigner(Secret(PLANTED)))


def test_a_traceback_with_local_values_shows_no_secret() -> None:
    """A traceback that prints the locals of a frame prints the secret's stand-in."""
    secret = Secret(PLANTED)
    try:
        raise RuntimeError(f"failed with {secret}")
    except RuntimeError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())

    assert "secret" in shown
    assert shown.count(PLANTED) == 0


@pytest.mark.parametrize(
    "text",
    [
        f"https://host/x?symbol=A&signature={PLANTED}&timestamp=1",
        f'{{"apiKey": "{PLANTED}", "b": 1}}',
        f"X-ACME-APIKEY: {PLANTED}",
        f"listenKey={PLANTED[:20]}",
        f"error sign! origin_string[1700{PLANTED}5000]",
        f"an opaque word {PLANTED} stands alone",
    ],
)
def test_the_redactor_hides_keys_signatures_and_listen_keys(text: str) -> None:
    """Query strings, JSON, headers, echoes and bare opaque words lose what nobody may see."""
    assert PLANTED not in redact(text)
    assert PLANTED[:20] not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "Leverage 200 is not valid",
        "Timestamp for this request is outside of the recvWindow.",
        "symbol=BTCUSDT&leverage=20",
        "position side cannot be changed if there exists open orders",
    ],
)
def test_the_redactor_leaves_the_venues_words_alone(text: str) -> None:
    """An ordinary refusal reads the same after the redactor."""
    assert text == redact(text)


#: keys and secrets as venues make them: letters and digits, hexadecimal, base64
SECRETS = st.text(st.sampled_from("abcXYZ0189"), min_size=8, max_size=80) | st.binary(min_size=9, max_size=48).map(
    lambda data: base64.b64encode(data).decode()
)


@given(secret=SECRETS, before=st.text(max_size=40), after=st.text(max_size=40))
def test_a_secret_of_any_length_is_hidden_wherever_it_stands(secret: str, before: str, after: str) -> None:
    """In words, between other letters, in a URL, in JSON and in the repr of bytes; as long as somebody holds it."""
    held = Secret(secret)

    for text in (
        f"{before}{secret}{after}",
        f"{before} {quote(secret, safe='')} {after}",
        json.dumps({"said": f"{before}{secret}{after}"}),
        repr(f"{before}{secret}".encode()),
    ):
        assert secret not in redact(text)
        assert secret not in redact_start(text, 120)
        assert quote(secret, safe="") not in redact(text)
    assert held.reveal() == secret


@given(filling=st.integers(0, 200), length=st.integers(8, 64), shown=st.integers(0, 150))
def test_no_cut_shows_the_beginning_of_a_secret(filling: int, length: int, shown: int) -> None:
    """However long the start of a text is, a secret that stands across its end is hidden whole."""
    secret = Secret("Q7" * (length // 2))

    start = redact_start("." * filling + secret.reveal() + " and more", shown)

    assert "Q7" not in start
    assert len(start) <= shown


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("k", "the key k is not known", "the key *** is not known"),
        ("abc", "abc, abcd", "***, abcd"),
        ("", "nothing to hide", "nothing to hide"),
        (" ", "nothing to hide", "nothing to hide"),
    ],
)
def test_a_short_secret_is_hidden_as_a_word(secret: str, text: str, shown: str) -> None:
    """What is as short as a word is not hidden within others."""
    held = Secret(secret)
    assert redact(text) == shown
    del held


def test_what_nobody_holds_is_forgotten() -> None:
    """The redactor keeps no secret alive."""
    held = Secret("Bq7ThisOneIsGone18")
    assert redact("a Bq7ThisOneIsGone18 b") == "a *** b"
    del held
    gc.collect()
    assert redact("a Bq7ThisOneIsGone18 b") == "a Bq7ThisOneIsGone18 b"


@given(client_id=st.from_regex(r"[\.A-Za-z0-9:/_-]{1,36}", fullmatch=True))
def test_parameters_of_errors_keep_client_ids(client_id: str) -> None:
    """Every client id that a venue allows stands as it is, beside a listen key that does not."""
    endpoint = Endpoint(
        "POST", "/x", decode=bytes, parameters=(Parameter("newClientOrderId"), Parameter("listenKey"), Parameter("a"))
    )
    given_ = {"newClientOrderId": client_id, "listenKey": "pqia91ma19a5s61cv6a81va65sdf19v8a65a1", "a": Decimal(1)}

    shown = redact_parameters(without(endpoint.secret, given_))

    assert shown == {**given_, "listenKey": "***"}
    assert endpoint.secret == {"listenKey"}


def test_redacted_parameters_keep_what_is_harmless() -> None:
    """A client id stays as it is, whatever it looks like; a secret of ours disappears wherever it stands."""
    ours = Secret("Abc123-of-eighteen")
    given = {"symbol": "A", "leverage": 20, "orderLinkId": "token:abc1", "note": f"key {ours.reveal()}!"}

    assert {**given, "note": "key ***!"} == redact_parameters(given)


def test_simulator_credentials_stay_on_this_machine() -> None:
    """A simulator's URL that is not loopback is refused, and so is a URL for any other environment."""
    with pytest.raises(CredentialsError, match="this machine only"):
        Credentials.sim("http://203.0.113.9/x", "k", "s")
    with pytest.raises(CredentialsError, match="belongs to the environment 'sim'"):
        Credentials("k", "s", "live", "http://127.0.0.1:1")


@pytest.mark.parametrize(
    "url", ["http://[::1:80", "http://127.0.0.1:99999", "127.0.0.1:80", "http://127.0.0.1:80/?x=1"]
)
def test_a_simulators_address_that_is_no_url(url: str) -> None:
    """It is refused in one sentence with an example of one."""
    with pytest.raises(CredentialsError, match="is not a URL such as http://127"):
        Credentials("k", "s", "sim", url)


def test_a_slash_at_the_end_of_an_address_is_no_part_of_it() -> None:
    """However credentials are made, paths are put behind the address as it is."""
    assert Credentials("k", "s", "sim", "http://[::1]:80/x/").rest == "http://[::1]:80/x"


@pytest.mark.parametrize("digest", ["sha256", "sha512"])
@given(secret=st.text(st.characters(codec="utf-8"), max_size=300), payload=st.binary(max_size=300))
async def test_the_signer_is_hmac(digest: Literal["sha256", "sha512"], secret: str, payload: bytes) -> None:
    """Whatever the length of the secret and of what is signed, the signature is the standard library's HMAC."""
    signer = HmacSigner(Secret(secret), digest)

    for _ in range(18):  # a signature leaves nothing behind, also once the state of the key is kept
        assert await signer.sign(payload) == hmac.new(secret.encode(), payload, digest).digest()


async def test_the_state_of_a_key_that_signs_often_is_kept() -> None:
    """From the seventeenth signature on, and the signatures stay the same."""
    signer, signatures = HmacSigner(Secret("secret")), set()
    for _ in range(16):
        signatures.add(await signer.sign(b"payload"))
    assert signer._keyed is None
    for _ in range(3):
        signatures.add(await signer.sign(b"payload"))
        assert signer._keyed is not None
    assert signatures == {hmac.new(b"secret", b"payload", "sha256").digest()}
