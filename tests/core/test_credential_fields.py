"""A venue declares the texts of its credentials; others are refused in one sentence, before anything is sent."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.plugin_sites import Discover, Install, venue_code

from venuekit import Credentials, Runtime, Secret
from venuekit.credential_fields import ACCOUNT_KEYS, CredentialField
from venuekit.credentials import HmacSigner, redact
from venuekit.credentials.fields import check_credentials
from venuekit.errors import CredentialsError, PluginError
from venuekit.hooks import hookimpl
from venuekit.message import HttpRequest, HttpResponse
from venuekit.plugins import make_plugins
from venuekit.signing import NO_FIELDS, EncodedRequest, Stamp
from venuekit.simulator import Simulation
from venuekit.testing import FakeTransport, InstantClock, account_over, json_answer
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY
from venuekit_toy_perp.signing import ToySigning

PLANTED = "Open4Sesame7Planted"
WHY = "the passphrase that was chosen when the key was made"


def hex_digits(text: str) -> str | None:
    """Return why a text is no row of hex digits."""
    return None if re.fullmatch("[0-9a-f]+", text) else f"is no row of hex digits: {text}"


def broken(text: str) -> str | None:
    """Raise an error that repeats the text."""
    raise LookupError(text)


PASSPHRASE = CredentialField("passphrase", WHY)
VAULT = CredentialField("vault", "the vault", secret=False, required=False, names_account=True, check=hex_digits)
GUARDED = attrs.evolve(TOY_PERP, credential_fields=(PASSPHRASE, VAULT))


@pytest.fixture
async def sim() -> AsyncIterator[Simulation]:
    """The toy venue on a clock on which waiting takes no time."""
    async with Simulation((TOY_PERP,), clock=InstantClock()) as simulation:
        yield simulation


@pytest.mark.parametrize(
    ("name", "why", "cause"),
    [
        ("Pass Phrase", WHY, "has the name 'Pass Phrase'; name it by lower case letters, digits and underscores"),
        (7, WHY, "has the name 7; name it by lower case"),
        *((key, WHY, f"cannot be named '{key}', which is a key of the accounts file") for key in ACCOUNT_KEYS),
        ("passphrase", " ", "'passphrase' has no reason; say in one sentence why it is needed"),
    ],
)
def test_a_field_that_cannot_be_one_is_refused(name: Any, why: str, cause: str) -> None:
    """Its name would collide with another, or its user would not be told why it is needed."""
    with pytest.raises(ValueError, match=cause):
        CredentialField(name, why)


@pytest.mark.parametrize(
    ("declared", "cause", "mend"),
    [
        (
            "(CredentialField('memo', 'm'),) * 2",
            "ValueError: acme_perp: two credential fields are named 'memo'",
            "give",
        ),
        ("('memo',)", "TypeError: acme_perp: its credential_fields hold 'memo'", "each is a CredentialField"),
        ("(), key_check='0x'", "key_check of acme_perp is '0x'", "give it a function that returns the fault of a key"),
        ("(), secret_check='0x'", "secret_check of acme_perp is '0x'", "give it a function"),
        (
            "(), make_signer='x'",
            "make_signer of acme_perp is 'x'",
            "give it a function that returns the Signer of some",
        ),
    ],
)
def test_a_venue_with_unusable_fields_is_refused_at_import(
    install: Install, discover: Discover, declared: str, cause: str, mend: str
) -> None:
    """The error names the distribution, the venue, the line and the mend."""
    code = venue_code("acme_perp").replace("limits=()", f"limits=(), credential_fields={declared}")
    install("acme", f"from venuekit.plugin import CredentialField\n{code}", venues=("acme_perp",))

    with pytest.raises(PluginError, match=rf"(?s)acme 1\.5 cannot be used: {re.escape(cause)}.*{mend}"):
        discover().venue("acme_perp")


@pytest.mark.parametrize(
    ("declaration", "fields", "message"),
    [
        ({}, {"passphrase": PLANTED}, "toy_perp takes no passphrase; it takes key, secret"),
        (
            {"credential_fields": (PASSPHRASE,)},
            {"passphrase": "x", "pasphrase": PLANTED},
            "toy_perp takes no pasphrase; it takes key, secret, passphrase; did you mean passphrase?",
        ),
        ({"credential_fields": (PASSPHRASE,)}, {}, f"toy_perp needs passphrase: {WHY}"),
        (
            {"credential_fields": (VAULT,)},
            {"vault": "0xZZ"},
            "toy_perp: the vault is no row of hex digits: 0xZZ",
        ),
        (
            {"credential_fields": (attrs.evolve(PASSPHRASE, check=broken),)},
            {"passphrase": PLANTED},
            "toy_perp: the passphrase could not be checked: LookupError",
        ),
        ({"key_check": hex_digits}, {}, "toy_perp: the key is no row of hex digits: ***"),
        ({"secret_check": hex_digits}, {}, "toy_perp: the secret is no row of hex digits: ***"),
    ],
)
async def test_credentials_that_the_venue_does_not_declare_are_refused(
    sim: Simulation, declaration: dict[str, Any], fields: dict[str, str], message: str
) -> None:
    """One sentence says what is wrong, nothing is sent, and no frame or text of the error has the secret."""
    venue = attrs.evolve(TOY_PERP, **declaration)
    credentials = Credentials.sim(sim.rest("toy_perp"), sim.key, sim.secret, fields=fields)
    del fields
    async with Runtime(journal=False, plugins=make_plugins(entry_points=())) as runtime:
        with pytest.raises(CredentialsError) as caught:
            await runtime.open(venue, credentials)

    error = caught.value
    assert str(error) == message
    assert sim.requests == []
    told = traceback.TracebackException.from_exception(error.with_traceback(_inner(error)), capture_locals=True)
    shown = "".join(told.format())
    assert not [secret for secret in (PLANTED, sim.key, sim.secret) if secret in shown]


def _inner(error: BaseException) -> Any:
    """Return an error's traceback without the frame of the test, which knows everything."""
    trace = error.__traceback__
    return trace.tb_next if trace is not None else None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the passphrase is empty"),
        (f"{PLANTED}\n", "the passphrase begins or ends with blanks or line breaks, copied by mistake"),
        (f"{PLANTED}\x07!", "the passphrase contains line breaks, blanks, control characters or letters that are not"),
        (f"{PLANTED}é", "the passphrase contains line breaks"),
    ],
)
def test_a_field_that_no_header_carries_is_refused(text: str, fault: str) -> None:
    """As keys and secrets are, and without repeating it."""
    with pytest.raises(CredentialsError, match=fault) as caught:
        Credentials("key", "secret", "live", fields={"passphrase": text})

    assert PLANTED not in str(caught.value)


def test_a_field_that_is_no_text_is_refused() -> None:
    """A number of an account is written as a text."""
    number: Any = 7
    with pytest.raises(CredentialsError, match="the account_index must be a text, not int"):
        Credentials("key", "secret", "live", fields={"account_index": number})


def test_a_field_may_have_blanks_within() -> None:
    """People choose passphrases of several words."""
    assert Credentials("k", "s", "live", fields={"passphrase": "open sesame"}).fields["passphrase"].reveal() == (
        "open sesame"
    )


def test_fields_are_shown_nowhere() -> None:
    """Neither the credentials nor a stamp shows them; equal ones are equal, and can be keys of a dictionary."""
    first = Credentials("k", "s", "live", fields={"passphrase": PLANTED})
    second = Credentials("k", "s", "live", fields={"passphrase": PLANTED})

    assert PLANTED not in f"{first!r} {Stamp('k', 1, 2, {'passphrase': PLANTED})!r}"
    assert {first: 1}[second] == 1
    assert first != Credentials("k", "s", "live", fields={"passphrase": "another"})


class _WithPassphrase(ToySigning):
    """Puts the passphrase into a header of its own, also of requests that need only the key."""

    __slots__ = ()

    def attach_signature(self, encoded: EncodedRequest, stamp: Stamp, payload: bytes, signature: bytes) -> HttpRequest:
        request = super().attach_signature(encoded, stamp, payload, signature)
        return request._replace(headers={**request.headers, "X-Toy-Passphrase": stamp.fields["passphrase"]})


async def test_the_scheme_gets_the_fields() -> None:
    """A declared field reaches its place in the request, and none of its text is to be seen in the account."""

    def reply(request: HttpRequest) -> HttpResponse:
        return json_answer({"now": 1_700_000_000_000} if "/time" in request.url else {"assets": []})

    transport = FakeTransport(reply)
    venue = attrs.evolve(GUARDED, signing=_WithPassphrase())
    async with account_over(venue, transport, fields={"passphrase": PLANTED}) as account:
        await account.call(TOY.WALLET)
        assert PLANTED not in f"{account!r} {account._session!r}"
        assert PLANTED not in redact(f"the passphrase {PLANTED} is not known")

    time, wallet = transport.requests[0], transport.requests[-1]
    assert wallet.headers["X-Toy-Passphrase"] == PLANTED
    assert "X-Toy-Passphrase" not in time.headers


async def test_a_field_that_is_no_secret_is_shown(sim: Simulation) -> None:
    """The name of a vault is an ordinary word: the redactor leaves it where it is once the venue is known."""
    credentials = Credentials.sim(
        sim.rest("toy_perp"), sim.key, sim.secret, fields={"vault": "feed", "passphrase": "pw"}
    )
    async with Runtime(journal=False, plugins=make_plugins(entry_points=())) as runtime:
        await runtime.open(GUARDED, credentials)

        assert redact("the vault feed, the passphrase pw") == "the vault feed, the passphrase ***"


_FIELDS = st.lists(
    st.builds(CredentialField, st.from_regex(r"x[a-z]{0,2}", fullmatch=True), st.just("why"), required=st.booleans()),
    unique_by=lambda field: field.name,
    max_size=4,
)


@given(fields=_FIELDS, names=st.sets(st.from_regex(r"x[a-z]{0,2}", fullmatch=True), max_size=4))
def test_exactly_the_declared_fields_are_taken(fields: list[CredentialField], names: set[str]) -> None:
    """Every required field and no field that the venue does not declare, whatever they are called."""
    declared = {field.name: field.required for field in fields}
    names |= {name for number, name in enumerate(declared) if number % 2}
    venue = attrs.evolve(TOY_PERP, credential_fields=tuple(fields))
    credentials = Credentials("k", "s", "live", fields=dict.fromkeys(names, "text"))

    fits = {name for name, required in declared.items() if required} <= names <= declared.keys()
    if fits:
        check_credentials(venue, credentials)
    else:
        with pytest.raises(CredentialsError, match=r"toy_perp (takes no|needs) x"):
            check_credentials(venue, credentials)


async def test_a_venue_without_fields_pays_nothing_for_them(sim: Simulation) -> None:
    """The stamps of an ordinary account share one empty mapping."""
    async with Runtime(journal=False, plugins=make_plugins(entry_points=())) as runtime:
        account = await runtime.open(TOY_PERP, sim.credentials("toy_perp"))

        assert account._session.wire.fields is NO_FIELDS


async def test_accounts_below_one_key_are_different_accounts(sim: Simulation) -> None:
    """A field that names the account below the key is part of its identity; a passphrase is not."""

    def credentials(**fields: str) -> Credentials:
        return Credentials.sim(sim.rest("toy_perp"), sim.key, sim.secret, fields=fields)

    async with Runtime(journal=False, plugins=make_plugins(entry_points=())) as runtime:
        main, same, vault = [
            await runtime.open(GUARDED, one)
            for one in (
                credentials(passphrase="a"),
                credentials(passphrase="b"),
                credentials(passphrase="a", vault="feed"),
            )
        ]
        names = [account._session.owner.name for account in (main, same, vault)]
        scopes = [id(account._session.owner.write_scopes) for account in (main, same, vault)]

    assert names[0] == names[1] != names[2]
    assert scopes[0] == scopes[1] != scopes[2]


async def test_an_operators_signer_needs_no_secret_in_the_venues_form(
    sim: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a plugin signs with a key that it keeps elsewhere, the secret may be a name."""

    def venuekit_make_signer(venue: Any, credentials: Any) -> HmacSigner:
        return HmacSigner(Secret(sim.secret))

    module = ModuleType("a_vault")
    vars(module).update(VENUEKIT_API=1, venuekit_make_signer=hookimpl(venuekit_make_signer))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    plugins = make_plugins(entry_points=[EntryPoint("vault", module.__name__, "venuekit.plugins")])
    venue = attrs.evolve(TOY_PERP, secret_check=hex_digits)
    async with Runtime(journal=False, plugins=plugins, clock=sim._clock) as runtime:
        account = await runtime.open(venue, Credentials.sim(sim.rest("toy_perp"), sim.key, "slot-7"))
        assert await account.call(TOY.WALLET)
