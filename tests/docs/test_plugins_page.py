"""docs/plugins.md is true: its venue installs and works, and each hook's example does what the page says."""

from __future__ import annotations

import ast
import hashlib
import hmac
import json
import os
import subprocess
import sys
import threading
import tomllib
from base64 import b64decode
from collections.abc import Callable
from decimal import Decimal
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs

import attrs
import coincurve
import pytest

import venuekit
from venuekit import Runtime, errors, hooks
from venuekit.capabilities import MarginType
from venuekit.cli.commands import State
from venuekit.cli.root import root as command_line
from venuekit.credentials import references
from venuekit.credentials.accounts_file import load_accounts
from venuekit.errors import CredentialsError
from venuekit.message import HttpRequest, HttpResponse
from venuekit.plugins import Plugins, make_plugins
from venuekit.simulator import Simulation
from venuekit.testing import FakeTransport, account_over, json_answer, on_stage
from venuekit.testing.replay import replay_of
from venuekit.venue import Limit, Venue
from venuekit_toy_chain import TOY_CHAIN
from venuekit_toy_perp import TOY_PERP
from venuekit_toy_perp.endpoints import TOY

HOOKS = [name for name in hooks.__all__ if name.startswith("venuekit_")]


def test_the_venue_in_one_file_installs_and_works(plugins_page: Any, tmp_path: Path) -> None:
    """Its blocks, put together and announced by its pyproject, are a plugin that is found, opened and asked."""
    blocks = plugins_page.in_language("python")
    parts = [one.code for one in blocks if one.title.startswith("venuekit_acme_perp.py")]
    (program,) = [one.code for one in blocks if one.title == "try_acme.py"]
    (pyproject,) = [
        tomllib.loads(one.code) for one in plugins_page.in_language("toml") if one.title == "pyproject.toml"
    ]
    project = pyproject["project"]
    (group,) = project["entry-points"]
    (tmp_path / "venuekit_acme_perp.py").write_text("\n".join(parts), encoding="utf-8")
    info = tmp_path / "venuekit_acme_perp-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    announced = [f"{name} = {module}" for name, module in project["entry-points"][group].items()]
    (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *announced]) + "\n")

    done = subprocess.run(  # noqa: S603 - our own documentation
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert len(parts) == 7
    assert "never sent: acme_perp: set_leverage was not sent for ACMEUSD: leverage" in done.stdout
    assert "settled in one asset" in done.stdout


def test_every_python_block_is_run_by_a_test_here(plugins_page: Any) -> None:
    """No block is only to be looked at: each is a part of the venue, the suite's line, or a hook's example."""
    names = {"venuekit_acme_perp.py", "venuekit_acme_perp.py, continued", "try_acme.py", "test_conformance.py"}
    names |= {"acme_passphrase.py", "acme_wallet.py", "acme_requests.py", "acme_words.py", "acme_values.py"}
    names |= {"acme_margin.py", "test_conformance_wallet.py"}

    others = [block for block in plugins_page.in_language("python") if block.title not in names]

    assert [block.heading.strip("`").partition("(")[0] for block in others] == [
        name for name in _in_order(plugins_page) if name in HOOKS
    ]


def _in_order(page: Any) -> list[str]:
    return [block.heading.strip("`").partition("(")[0] for block in page.in_language("python")]


def test_the_suites_line_makes_a_test_class(plugins_page: Any) -> None:
    """The one line gives a class that pytest collects, with a test for everything the venue declares."""
    (block,) = [one for one in plugins_page.in_language("python") if one.title == "test_conformance.py"]
    namespace: dict[str, Any] = {}

    exec(compile(block.code, "test_conformance.py", "exec"), namespace)  # noqa: S102 - our own documentation

    suite = namespace["TestToyPerp"]
    assert sum(name.startswith("test_") and callable(getattr(suite, name)) for name in dir(suite)) > 10


def _example(page: Any, title: str) -> Any:
    """Run a block of the page and return its names."""
    (block,) = [one for one in page.in_language("python") if one.title == title]
    module = ModuleType(title.removesuffix(".py"))
    exec(compile(block.code, title, "exec", dont_inherit=True), vars(module))  # noqa: S102 - our own documentation
    return module


def _answer(request: HttpRequest) -> HttpResponse:
    return json_answer({"now": 1_750_000_000_000} if "/time" in request.url else {"assets": []})


async def test_the_keys_of_the_page_open_a_replay(plugins_page: Any) -> None:
    """The function of the page makes wallets, with which a venue without a simulated venue signs its requests."""
    page = _example(plugins_page, "test_conformance_wallet.py")
    begun = attrs.evolve(TOY_CHAIN, simulated=None)
    async with on_stage(replay_of(begun, convert_key=page.convert_key)) as stage:
        assert await stage.account.get_balances()
        assert stage.simulation.requests


async def test_the_passphrase_of_the_page_travels_beside_the_signature(plugins_page: Any) -> None:
    """Key, passphrase and sub-account are headers, and the signature is base64 of HMAC-SHA512."""
    page = _example(plugins_page, "acme_passphrase.py")
    fields, signing, make_signer = page.CREDENTIAL_FIELDS, page.HeaderSigning(), page.make_signer
    venue = attrs.evolve(TOY_PERP, credential_fields=fields, signing=signing, make_signer=make_signer)
    transport = FakeTransport(_answer)
    texts = {"passphrase": "open sesame", "sub_account": "grid 1"}
    async with account_over(venue, transport, fields=texts) as account:
        await account.call(TOY.WALLET)
    headers = transport.requests[-1].headers

    signed = f"{headers['ACME-TIME']}5000GET{TOY.WALLET.path}?".encode()
    assert b64decode(headers["ACME-SIGN"]) == hmac.new(b"made-up-secret", signed, "sha512").digest()
    assert (headers["ACME-PASSPHRASE"], headers["ACME-ACCOUNT"]) == ("open sesame", "grid 1")
    with pytest.raises(CredentialsError, match="toy_perp needs passphrase: the passphrase that was"):
        async with account_over(venue, transport):
            pass


async def test_the_wallet_of_the_page_signs_typed_data(plugins_page: Any) -> None:
    """The signature leads back to the wallet's public key, and texts of another form are refused."""
    page = _example(plugins_page, "acme_wallet.py")
    checks = {"key_check": page.key_check, "secret_check": page.secret_check}
    venue = attrs.evolve(TOY_PERP, signing=page.TypedDataSigning(), make_signer=page.make_signer, **checks)
    transport = FakeTransport(_answer)
    key, secret = f"0x{'ab' * 20}", "17" * 32
    async with account_over(venue, transport, key=key, secret=secret) as account:
        await account.call(TOY.WALLET)
    body = json.loads(transport.requests[-1].body or b"")

    written = body.pop("signature")
    signature = bytes.fromhex(written["r"][2:] + written["s"][2:]) + bytes([written["v"] - 27])
    digest = hashlib.sha3_256(json.dumps(body, separators=(",", ":")).encode()).digest()
    found = coincurve.PublicKey.from_signature_and_message(signature, digest, hasher=None)
    assert found == coincurve.PrivateKey.from_hex(secret).public_key
    with pytest.raises(CredentialsError, match="the key is no wallet's address"):
        async with account_over(venue, transport, key="0xzz", secret=secret):
            pass
    with pytest.raises(CredentialsError, match="the secret is no wallet's private key"):
        async with account_over(venue, transport, key=key, secret="0xzz"):
            pass


def test_the_requests_of_the_page_are_encoded_as_it_says(plugins_page: Any) -> None:
    """Path, number, array, form, time and action are written as the comparisons of the block say."""
    page = _example(plugins_page, "acme_requests.py")

    assert page.FILLS.name == ("POST", "/info", (("type", "fills"),))
    assert not page.FILLS.is_write


async def test_the_words_of_the_page_are_rejections(plugins_page: Any) -> None:
    """A refusal in words is what its row says, else a plain rejection; a page is neither."""
    page = _example(plugins_page, "acme_words.py")
    venue = attrs.evolve(TOY_PERP, answers=page.read_answer, faults=page.FAULTS)
    refusals = {
        "Order has invalid size": errors.InvalidRequest,
        "Order was never placed, or canceled": errors.NotFound,
        "Vaults are read only": errors.PermissionDenied,
        "The moon is full": errors.Rejected,
    }
    for words, error in refusals.items():
        transport = FakeTransport(_answer)
        async with account_over(venue, transport) as account:
            transport.reply = _refusing(words)
            with pytest.raises(error, match=words) as caught:
                await account.call(TOY.ADD_COLLATERAL, contract="TOYUSD", amount=Decimal(1))
        assert type(caught.value) is error
        assert caught.value.outcome is errors.Outcome.NOT_APPLIED

    foreign = page.read_answer(HttpResponse(400, {}, b"<html>no</html>"))
    assert foreign.is_foreign
    assert page.read_answer(HttpResponse(200, {}, b'{"assets": []}')) is None


def _refusing(words: str) -> Callable[[HttpRequest], HttpResponse]:
    return lambda request: _answer(request) if "/time" in request.url else json_answer({"error": words}, 400)


async def test_the_margin_of_the_page_is_set_by_one_write(plugins_page: Any) -> None:
    """A leverage under cross is refused, both together are isolated, and cross alone is leverage 0."""
    page = _example(plugins_page, "acme_margin.py")
    kept = [b for b in TOY_PERP.behaviours if type(b) not in {type(one) for one in page.BEHAVIOURS}]
    endpoints = (TOY.SERVER_TIME, *page.MARGIN)
    venue: Venue[Any] = attrs.evolve(
        TOY_PERP, account=page.AcmeMargin, endpoints=endpoints, behaviours=(*kept, *page.BEHAVIOURS)
    )
    held = "0"

    def reply(request: HttpRequest) -> HttpResponse:
        nonlocal held
        if "/time" in request.url:
            return json_answer({"now": 1_750_000_000_000})
        if request.verb == "POST":
            held = parse_qs(request.url.partition("?")[2])["leverage"][0]
            assert not {"kind", "wanted"} & parse_qs(request.url).keys()
        return json_answer({"contract": "TOYUSD", "leverage": held})

    async with account_over(venue, FakeTransport(reply)) as account:
        with pytest.raises(errors.InvalidArgument, match="leverage can be set under isolated only"):
            await account.set_leverage("TOYUSD", 5)
        with pytest.raises(errors.InvalidArgument, match="no leverage under isolated can be read"):
            await account.set_margin_type("TOYUSD", MarginType.ISOLATED)
        both = await account.set_leverage("TOYUSD", 5, margin_type=MarginType.ISOLATED)
        assert (both.long, held) == (Decimal(5), "5")
        assert ((await account.set_leverage("TOYUSD", 7)).long, held) == (Decimal(7), "7")
        cross = await account.set_margin_type("TOYUSD", MarginType.CROSS)
        assert (cross.margin_type, held) == (MarginType.CROSS, "0")


async def test_the_values_of_the_page_are_read_and_set(plugins_page: Any) -> None:
    """Mode, countdown and risk limit are those of the requests that the page declares, the mode by its other host."""
    page = _example(plugins_page, "acme_values.py")
    hosts = {"accounts": "https://accounts.toy.invalid"}
    (live,) = TOY_PERP.environments
    venue: Venue[Any] = attrs.evolve(
        TOY_PERP,
        account=page.AcmeValues,
        environments=(attrs.evolve(live, hosts=live.hosts | {"accounts.toy.invalid"}, further_hosts=hosts),),
        endpoints=(*TOY_PERP.endpoints, *page.ENDPOINTS),
        behaviours=(*TOY_PERP.behaviours, *page.BEHAVIOURS),
    )
    answers: dict[str, object] = {
        "/v1/time": {"now": 1_750_000_000_000},
        "/mode": {"level": 4},
        "/cancel-after": {},
        "/limit": {"contract": "TOYUSD", "limit": "2500.5"},
    }
    paths = sorted(answers)
    transport = FakeTransport(lambda request: json_answer(next(answers[path] for path in paths if path in request.url)))
    async with account_over(venue, transport) as account:
        mode = await account.get_account_mode()
        await account.set_countdown(None, 60)
        limit = await account.set_risk_limit("TOYUSD", amount=Decimal("2500.5"))

    assert (mode.mode, mode.word, list(mode.unavailable)) == ("portfolio_margin", "portfolio margin", ["leverage"])
    assert (limit.cap, limit.changed) == (Decimal("2500.5"), True)
    sent = [request.url.partition("?")[2] for request in transport.requests]
    assert any("seconds=60" in query for query in sent)


def test_the_accounts_file_of_the_page_is_one(plugins_page: Any, tmp_path: Path) -> None:
    """The fields of the venue are kept as they are written, until the venue is loaded."""
    (block,) = [one for one in plugins_page.in_language("toml") if one.code.startswith("[accounts.")]
    file = tmp_path / "accounts.toml"
    file.write_text(block.code)
    file.chmod(0o600)

    fields = load_accounts(file).entry("grid").fields

    assert fields == {"passphrase": "env:ACME_PASSPHRASE", "sub_account": "grid 1"}


Install = Callable[[str], tuple[ModuleType, Plugins]]


@pytest.fixture
def installed(plugins_page: Any, monkeypatch: pytest.MonkeyPatch) -> Install:
    """The example below a hook's heading, as a plugin that was installed by its entry point."""

    def install(hook: str) -> tuple[ModuleType, Plugins]:
        (block,) = [one for one in plugins_page.in_language("python") if one.heading.startswith(f"`{hook}(")]
        module = ModuleType(f"example_of_{hook}")
        exec(compile(block.code, f"{hook}.py", "exec"), vars(module))  # noqa: S102 - our own documentation
        monkeypatch.setitem(sys.modules, module.__name__, module)
        points = [EntryPoint("acme_desk", module.__name__, "venuekit.plugins")]
        if hook == "venuekit_register_venues":
            points = [EntryPoint("toy_perp", module.__name__, "venuekit.venues")]
        else:
            points.append(EntryPoint("toy_perp", "venuekit_toy_perp", "venuekit.venues"))
        plugins = make_plugins(entry_points=points)
        plugins.venue("toy_perp")
        assert plugins.broken() == ()
        return module, plugins

    return install


@pytest.mark.parametrize("hook", HOOKS)
async def test_an_account_works_beside_the_example(hook: str, installed: Install) -> None:
    """Installed as it stands, the example keeps the contract, and an account opens, reads and writes with it."""
    _, plugins = installed(hook)
    venue = plugins.venue("toy_perp")

    async with Simulation((venue,)) as sim, Runtime(plugins=plugins, journal=False) as runtime:
        account = await runtime.open(venue, sim.credentials("toy_perp"))
        change = await account.set_leverage("GEMUSD", 7)

    assert change.changed is True


async def test_the_examples_do_what_the_page_says(
    installed: Install, caplog: pytest.LogCaptureFixture, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The signer tells of what it signs, the transport of what it sends, the observer counts, and so on."""
    caplog.set_level("INFO", logger="acme.desk")
    for hook in ("venuekit_make_signer", "venuekit_make_transport", "venuekit_observe"):
        module, plugins = installed(hook)
        venue = plugins.venue("toy_perp")
        async with Simulation((venue,)) as sim, Runtime(plugins=plugins, journal=False) as runtime:
            account = await runtime.open(venue, sim.credentials("toy_perp"))
            await account.get_balances()
    assert "signing" in caplog.text
    assert "HttpRequest(GET" in caplog.text
    assert "signature=" not in caplog.text
    assert module.counts["toy_perp", "answer"] == 2

    _, plugins = installed("venuekit_retry_policy")
    assert plugins.retry_policy(plugins.venue("toy_perp")).attempts == 2

    _, plugins = installed("venuekit_make_budget")
    pool = venuekit.pipeline.PoolName("toy", "live", Limit("weight", amount=10, seconds=60))
    budget = plugins.make_budget(pool)
    budget.spend(5, 0.0)
    assert budget.wait(1, 0.0) > 0

    _, plugins = installed("venuekit_resolve_secret")
    (tmp_path / "keys.json").write_text(json.dumps({"main": "made up"}))
    found = references.resolve_reference(f"json:{tmp_path / 'keys.json'}#main", others=plugins.resolve_secret)
    assert found.reveal() == "made up"
    assert plugins.resolve_secret("vault:x") is None

    _, plugins = installed("venuekit_register_commands")
    state = State()
    state.plugins = plugins
    running = threading.Thread(
        target=command_line.main, args=(["desk"],), kwargs={"obj": state, "standalone_mode": False}
    )
    running.start()
    running.join()
    assert capsys.readouterr().out == "hello acme\n"


def test_the_group_on_the_page_is_the_one_that_is_read(plugins_page: Any) -> None:
    """The snippets of pyproject.toml use our two groups and no other, and every block is valid Python."""
    groups = [
        group
        for block in plugins_page.in_language("toml")
        for group in tomllib.loads(block.code).get("project", {}).get("entry-points", {})
    ]

    assert sorted(groups) == ["venuekit.plugins", "venuekit.venues"]
    assert all(ast.parse(block.code) for block in plugins_page.in_language("python"))
