"""References to secrets that another program holds: the system's keyring, and commands."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from venuekit.credentials import references
from venuekit.credentials.accounts_file import credentials, load_accounts
from venuekit.credentials.references import resolve_reference
from venuekit.credentials.secret_sources import run_command
from venuekit.errors import AccountsFileError, ConfigurationError
from venuekit.key_kinds import KeyKind
from venuekit.plugins import make_plugins
from venuekit.simulator.key_pairs import make_key_pair

PLANTED = "plantedSecret0123456789"


def resolve(reference: str, directory: Path | None = None) -> str:
    """Return the text behind a reference, of which no plugin is asked."""

    def refuse(reference: str) -> None:
        raise AssertionError(f"a plugin was asked for {reference}")

    return resolve_reference(reference, others=refuse, relative_to=directory).reveal()


def script(code: str) -> str:
    """Return a reference to a command that runs a line of Python, in which there is no double quote."""
    return f'command:{sys.executable} -c "{code}"'


class Locker(KeyringBackend):
    """A keyring of a test."""

    priority = 1
    passwords: ClassVar = {("desk/venues", "main"): f"{PLANTED}\n", ("desk", "blank"): " "}

    def get_password(self, service: str, username: str) -> str | None:
        """Return a password; that of ``locked`` cannot be had."""
        if service == "locked":
            password = PLANTED
            raise KeyringLocked(f"no unlocking of {password[:0]}the collection")
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Nobody stores one."""


@pytest.fixture
def locker() -> Iterator[Locker]:
    """Two passwords in the system's keyring."""
    former = keyring.get_keyring()
    backend = Locker()  # type: ignore[no-untyped-call]  # as keyring has it
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(former)


def test_a_keyring_is_asked(locker: Locker) -> None:
    """By service and name, which is behind the last slash."""
    assert resolve("keyring:desk/venues/main") == PLANTED


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("keyring:desk", "expected keyring:SERVICE/NAME"),
        ("keyring:/main", "expected keyring:SERVICE/NAME"),
        ("keyring:desk/", "expected keyring:SERVICE/NAME"),
        ("keyring:my desk/main", "the keyring has no password 'main' of 'my desk'; store it by: keyring set 'my desk'"),
        ("keyring:desk/blank", "the keyring has no password 'blank' of 'desk'; store it by: keyring set desk blank"),
        ("keyring:locked/main", "the keyring cannot be read: KeyringLocked: no unlocking of the collection; unlock it"),
    ],
)
def test_a_keyring_without_the_password(locker: Locker, reference: str, words: str) -> None:
    """The sentence has the command that stores it, and no frame of the keyring is part of the error."""
    with pytest.raises(AccountsFileError) as caught:
        resolve(reference)

    assert str(caught.value).startswith(words)
    assert caught.value.__context__ is None
    assert not [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__) if PLANTED in repr(frame.f_locals)]


def test_the_keyring_package_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not installed, the sentence has the line that installs it."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(AccountsFileError, match=r"not installed; run: pip install 'venuekit\[keyring\]'"):
        resolve("keyring:desk/main")


def test_a_command_prints_the_secret(tmp_path: Path) -> None:
    """Its first line, or a PEM as a whole; it runs in the directory of the file, and no shell sees it."""
    pem = make_key_pair(KeyKind.ED25519, "a command")[0]
    (tmp_path / "key.pem").write_text(f"a name\n{pem}")
    show = script("import sys; print(open('key.pem').read())")

    assert resolve(script(f"print(' {PLANTED} '); print('a note')")) == PLANTED
    assert resolve(show, tmp_path) == pem.strip()
    assert resolve(script("import sys; print(sys.argv[1:])") + " $HOME '*' | x") == "['$HOME', '*', '|', 'x']"


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("command:no-such-program-here x", "the command 'no-such-program-here' cannot be started: No such file or"),
        ("command:'open", "the command cannot be split into words: No closing quotation"),
        ("command:''", "the command '' cannot be started: "),
        ("command:a\0b", "the command 'a\\x00b' cannot be started: it has a character that no command has"),
        (script("pass"), f"the command '{Path(sys.executable).name}' printed nothing on its standard output"),
        (script("import sys; sys.stdout.buffer.write(bytes([255]))"), "the command 'python' printed nothing"),
        (script("raise SystemExit(3)"), "the command 'python' ended with status 3"),
        (
            script(f"import sys; print('{PLANTED}'); sys.exit('locked:   token={PLANTED}, see man ' + 9 * 'long ')"),
            "the command 'python' ended with status 1: locked: token=***, see man long long",
        ),
        (script("import os; os.kill(os.getpid(), 9)"), "the command 'python' ended with status -9"),
    ],
)
def test_a_command_that_gives_no_secret(reference: str, words: str) -> None:
    """The sentence has its name, its status and its own words without secrets, and nothing that it printed."""
    with pytest.raises(AccountsFileError) as caught:
        resolve(reference.replace(sys.executable, str(Path(sys.executable).with_name("python"))))

    assert str(caught.value).startswith(words)
    assert PLANTED not in str(caught.value)


def test_a_command_that_does_not_end(tmp_path: Path) -> None:
    """It is ended; the text that it printed is in no frame of the error."""
    code = f"import time; print('{PLANTED[:9]}' + '{PLANTED[9:]}', flush=True); time.sleep(600)"
    began = time.monotonic()
    with pytest.raises(AccountsFileError, match=r"did not end within 0\.5 s; run it by hand") as caught:
        run_command(script(code).removeprefix("command:"), tmp_path, timeout=0.5)

    assert time.monotonic() - began < 60
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert not [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__) if PLANTED in repr(frame.f_locals)]


FILE = """\
[accounts.main]
venue = "toy_perp"
environment = "live"
key = "keyring:desk/venues/main"
secret = "command:{command}"
"""


async def test_an_accounts_file_refers_to_both(tmp_path: Path, locker: Locker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors have file and line; a file of another user may not choose what is run."""
    file = tmp_path / "accounts.toml"
    file.write_text(FILE.format(command=f"{sys.executable} -c print(7)"))
    file.chmod(0o600)
    entry, plugins = load_accounts(file).entry("main"), make_plugins()
    found = await credentials(entry, plugins)
    assert (found.key.reveal(), found.secret.reveal()) == (PLANTED, "7")

    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(
        ConfigurationError, match=r"accounts\.toml:5: accounts\.main\.secret: commands .* of one's own.*; chown 4711 "
    ):
        await credentials(entry, plugins)
    monkeypatch.setattr(references, "os", _windows())
    assert (await credentials(entry, plugins)).secret.reveal() == "7"
    monkeypatch.undo()
    file.unlink()
    with pytest.raises(ConfigurationError, match=r"accounts\.toml: No such file or directory"):
        await credentials(entry, plugins)


def _windows() -> ModuleType:
    """Return the module of another system, whose files have no owners that it names."""
    module: Any = ModuleType("os")
    module.name = "nt"
    return module  # type: ignore[no-any-return]  # it is the module above
