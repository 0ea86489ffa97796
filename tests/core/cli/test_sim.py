"""``sim`` serves until it is interrupted, and says where."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from venuekit.simulator import make_key

Call = Callable[..., Any]
Serve = Callable[..., Any]


def test_the_line_it_prints(served: Any) -> None:
    """One JSON object says where each venue is and what opens it, and what may only read."""
    assert list(served.announced) == ["venues", "read_only"]
    venue = served.announced["venues"]["toy_perp"]
    assert list(venue) == ["rest", "stream", "key", "secret"]
    assert venue["stream"] == venue["rest"].replace("http://", "ws://")
    assert venue["rest"].startswith("http://127.0.0.1:")
    assert venue["rest"].endswith("/toy_perp")
    assert list(served.announced["read_only"]) == ["key", "secret"]
    words = [venue["key"], venue["secret"], *served.announced["read_only"].values()]
    assert all(len(word) == 64 and word.isalnum() for word in words)
    assert len(set(words)) == 4


def test_the_accounts_file_is_private(served: Any) -> None:
    """It and the files it refers to can be read by their owner alone."""
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in served.accounts.parent.iterdir()}

    assert len(modes) >= 1
    assert set(modes.values()) == {0o600}
    text = served.accounts.read_text()
    assert served.announced["venues"]["toy_perp"]["secret"] not in text


def test_a_seed_gives_the_same_keys(serve: Serve) -> None:
    """Two simulations of one seed take the same keys, another seed gives others."""
    first, second, other = (serve("--venue", "toy_perp", "--seed", seed).announced for seed in ("5", "5", "6"))

    assert first["read_only"] == second["read_only"]
    assert first["read_only"] != other["read_only"]


@pytest.mark.parametrize(("asked", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_how_it_ends(serve: Serve, asked: signal.Signals, status: int) -> None:
    """Ctrl-C is 130, being asked to terminate is a regular end; neither leaves a traceback."""
    process = serve("--venue", "toy_perp").process
    assert process is not None
    process.send_signal(asked)
    out, err = process.communicate(timeout=20)

    assert (process.returncode, out, err.strip()) == (status, "", "")


def test_a_port_that_is_taken(served: Any, command: list[str]) -> None:
    """It is told in one line, as usage."""
    port = served.announced["venues"]["toy_perp"]["rest"].split(":")[2].split("/")[0]

    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "sim", "--venue", "toy_perp", "--port", port],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stdout) == (64, "")
    assert port in done.stderr
    assert done.stderr.count("\n") == 1


def test_somebody_elses_file_is_left_alone(call: Call, tmp_path: Path) -> None:
    """``--write-accounts`` never overwrites what it did not write."""
    path = tmp_path / "accounts.toml"
    path.write_text("# mine\n")

    called = call("sim", "--venue", "toy_perp", "--write-accounts", path)

    assert called.status == 64
    assert path.read_text() == "# mine\n"


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_keys_of_a_kind_that_a_venue_does_not_take(call: Call, kind: str) -> None:
    """One line names the kind, the venue and the kinds that it takes; nothing is served."""
    called = call("sim", "--venue", "toy_perp", "--keys", kind)

    assert (called.status, called.out) == (64, "")
    assert called.err.endswith(
        f"keys: expected a kind that every simulated venue takes, not {kind}; toy_perp takes HMAC keys:"
        " choose another kind, or leave it out\n"
    )


def test_a_broken_simulated_venue_does_not_end_the_others(command: list[str], tmp_path: Path) -> None:
    """``sim`` serves the other venues and tells of the broken one; asked for by name, it is the error."""
    info = tmp_path / "site" / "acme-3.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 3.0\n")
    (info / "entry_points.txt").write_text("[venuekit.venues]\nacme_perp = acme_with_a_broken_simulation\n")
    (tmp_path / "site" / "acme_with_a_broken_simulation.py").write_text(
        "import attrs\nfrom venuekit.hooks import hookimpl\nfrom venuekit_toy_perp.venue import TOY_PERP\n"
        "VENUEKIT_API = 1\n@hookimpl\ndef venuekit_register_venues(register):\n"
        "    register(attrs.evolve(TOY_PERP, id='acme_perp', simulated=lambda: 1 / 0))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*command, "sim"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    served = json.loads(process.stdout.readline())["venues"]
    process.terminate()
    _, err = process.communicate(timeout=10)
    named = subprocess.run(  # noqa: S603 - our own command
        [*command, "sim", "--venue", "acme_perp"], capture_output=True, text=True, env=environment, check=False
    )

    assert "toy_perp" in served
    assert "acme_perp" not in served
    told = "plugin acme_perp of acme 3.0 cannot be used: its simulator: ZeroDivisionError: division by zero"
    assert err.startswith(f"error: {told}")
    assert (named.returncode, named.stdout) == (1, "")
    assert named.stderr.startswith(f"error: {told}")
    assert len(named.stderr.splitlines()) == 1


def _read_terminal(command: list[str], until: str) -> str:
    """Run a command on a terminal of its own, and return what a person reads there up to a text."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | {"TERM": "dumb"})  # noqa: S603 - our own command
    os.close(theirs)
    read = b""
    try:
        while until not in read.decode().replace("\r\n", "\n"):
            read += os.read(ours, 4096)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        os.close(ours)
    return read.decode().replace("\r\n", "\n")


def test_a_person_reads_words_without_secrets(command: list[str], tmp_path: Path) -> None:
    """At a terminal it says where the venues are, who has accounts, and what to do next, with no key or secret."""
    accounts = tmp_path / "my accounts.toml"
    world = tmp_path / "world.toml"
    world.write_text("[accounts.mine]\nUSD = 5")
    options = ["--venue", "toy_perp", "--seed", "5", "--control=0", "--write-accounts", str(accounts)]
    options += ["--world", str(world)]
    told = _read_terminal([*command, "sim", *options], "Ctrl-C ends it.\n")

    assert "  toy_perp  http://127.0.0.1:" in told
    assert "accounts: 1, 2, each in the scenario holding (an isolated position in TOYUSD; GEMUSD is flat)\n" in told
    assert "          mine, with money of its own\n" in told
    assert f"  venuekit positions --accounts '{accounts}'\n" in told
    assert re.search(r"  venuekit sim mark TOYUSD 100 --at (http://127\.0\.0\.1:\d+)\n", told)
    assert make_key(5).key not in told
    assert make_key(5).secret not in told
    assert not re.search(r"[A-Za-z0-9]{40}", told)


def test_a_person_reads_what_is_left_out(command: list[str]) -> None:
    """Without accounts file and control port, it says how to have them."""
    told = _read_terminal([*command, "sim", "--venue", "toy_perp"], "Ctrl-C ends it.\n")

    assert "control:  none\n" in told
    assert "--write-accounts accounts.toml" in told
    assert "start it with --control: then venuekit sim COMMAND" in told


def test_json_at_a_terminal(command: list[str]) -> None:
    """With --json a terminal gets the line of JSON, and nothing else."""
    told = _read_terminal([*command, "sim", "--venue", "toy_perp", "--control=0", "--json"], "}\n")

    assert list(json.loads(told)) == ["venues", "read_only", "control"]


WORLD = """
[markets.toy_perp.GEMUSD]
tick = "0.5"
mark = "21.5"

[accounts.a]
USD = "1000.5"

[[disturb]]
kind = "drop"
route = "GET /v1/wallet"
"""


def test_a_world_from_a_file(serve: Serve, call: Call, tmp_path: Path) -> None:
    """Markets, accounts and script are those of the file, and the named account is in the accounts file."""
    world = tmp_path / "world.toml"
    world.write_text(WORLD)
    served = serve("--venue", "toy_perp", "--control=0", "--world", str(world))
    at = ("--at", served.announced["control"], "--json")
    marks = call("sim", "show", "marks", *at).rows
    waiting = call("sim", "show", "script", *at).rows
    call("sim", "clear", "script", *at)
    balances = call("balances", "toy_perp.a", "--accounts", served.accounts, "--json").rows

    assert [row["mark"] for row in marks if row["symbol"] == "GEMUSD"] == ["21.5"]
    assert [row["attempt"] for row in waiting] == ["DropBefore()"]
    assert [(row["account"], row["wallet"]) for row in balances] == [("toy_perp.a", "1000.50000000")]
    assert list(served.announced["accounts"]) == ["a"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[marketz]", "world.toml:1: marketz: there is no such key; did you mean markets?"),
        ('[markets.toy_perp.GEMUSD]\ntick = 1\nmark = "20.5"', "mark: expected a multiple of the tick 1, as "),
        ("[markets.toy_perp.GEMUSD]\nmark = 0", "mark: expected a number above 0, not 0"),
        (
            '[[disturb]]\nkind = "drop"\nroute = "GET /v1/walet"',
            "world.toml:3: disturb[1].route: no simulated venue has GET /v1/walet; the nearest are GET",
        ),
    ],
)
def test_a_wrong_world(call: Call, tmp_path: Path, text: str, words: str) -> None:
    """One line names the file, the key and the expected value, with status 64; nothing is served."""
    world = tmp_path / "world.toml"
    world.write_text(text)
    called = call("sim", "--venue", "toy_perp", "--world", world)

    assert (called.status, called.out, called.err.count("\n")) == (64, "", 1)
    assert words in called.err
    assert str(world) in called.err


def test_disturbances_from_a_file(serve: Serve, call: Call, tmp_path: Path) -> None:
    """They wait from the start; a wrong file is named with its line, and nothing is served."""
    file = tmp_path / "disturb.toml"
    file.write_text('[[disturb]]\nkind = "refuse"\nseconds = 5\nroute = "GET /v1/wallet"\nattempt = 2\n')
    served = serve("--venue", "toy_perp", "--control=0", "--disturb", str(file))
    waiting = call("sim", "show", "script", "--at", served.announced["control"], "--json").rows
    file.write_text(file.read_text().replace("wallet", "walet"))
    wrong = call("sim", "--venue", "toy_perp", "--disturb", file)

    assert [row["attempt"] for row in waiting] == ["undisturbed", "RefuseConnections(seconds=5.0)"]
    assert (wrong.status, wrong.out) == (64, "")
    assert f"{file}:4: disturb[1].route: no simulated venue has GET /v1/walet; the nearest are GET" in wrong.err
