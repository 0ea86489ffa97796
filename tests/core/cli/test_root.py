"""The root command: every mistake is one line and status 64, every error of ours one line, and nothing is dropped."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from venuekit.cli.commands import AsyncCallback, State, run_coroutines
from venuekit.cli.root import COMMANDS, root

Call = Callable[..., Any]


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Install a cross-cutting plugin that registers commands."""

    def install(code: str) -> None:
        site = tmp_path / "site"
        info = site / "extra_commands-2.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: extra-commands\nVersion: 2.0\n")
        (info / "entry_points.txt").write_text("[venuekit.plugins]\nextra = extra_commands_plugin\n")
        head = "import click\nfrom venuekit.hooks import hookimpl\nVENUEKIT_API = 1\n"
        (site / "extra_commands_plugin.py").write_text(head + textwrap.dedent(code))
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.delitem(sys.modules, "extra_commands_plugin", raising=False)

    return install


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_there_and_is_awaited(name: str) -> None:
    """Each name leads to a command of that name with a help text, whose coroutine is run and not dropped."""
    found = root.get_command(click.Context(root), name)

    assert found is not None
    assert found.name == name
    assert found.get_short_help_str()
    assert isinstance(found.callback, AsyncCallback)


def test_help_names_every_command(call: Call) -> None:
    """``--help`` and ``-h`` list all commands and succeed."""
    called = call("--help")

    assert called.status == 0
    assert [name for name in COMMANDS if name not in called.out] == []
    assert call("-h").out == called.out


def test_version(call: Call) -> None:
    """``--version`` says the distribution's version."""
    called = call("--version")

    assert (called.status, called.out.split()[0]) == (0, "venuekit")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["balence"], "no command 'balence'; did you mean balances? (see: venuekit --help)"),
        (["venues", "--jason"], "No such option '--jason'"),
        (["endpoints"], "Missing argument 'VENUE'. (see: venuekit endpoints --help)"),
        (["venues", "more"], "unexpected extra argument"),
        (["leverage", "main", "TOYUSD", "ten"], "'ten' is not a number"),
        (["leverage", "main", "TOYUSD", "nan"], "'nan' is not a number"),
        (["sim", "--port", "70000"], "70000 is not in the range"),
        (["capabilities", "toy_prep"], "installed: "),
        (["endpoints", "toy_prep"], "did you mean toy_perp?"),
        (["balances"], "no accounts file at accounts.toml and "),
        (["balances", "--accounts", "gone.toml"], "gone.toml: no such file (named by --accounts)"),
        (["--accounts", "gone.toml", "positions"], "gone.toml: no such file (named by --accounts)"),
        (["plan", "gone.toml"], "gone.toml"),
        (["sim", "--venue", "toy_prep"], "did you mean toy_perp?"),
        (["sim", "--venue", "toy_perp", "--scenario", "holdnig"], "no scenario 'holdnig'"),
    ],
)
def test_a_mistake_is_one_line_and_64(call: Call, words: list[str], message: str) -> None:
    """Nothing goes to standard output, one line to standard error, and the status is that of usage."""
    called = call(*words)

    assert called.status == 64
    assert called.out == ""
    assert message in called.err
    assert called.err.startswith("error: ")
    assert called.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "error", "outcome"),
    [
        (["venues", "--jason"], "UsageError", "not_sent"),
        (["capabilities", "nowhere"], "UnknownVenue", None),
        (["balances"], "AccountsFileError", None),
        (["plan", "gone.toml"], "TargetFileError", None),
    ],
)
def test_with_json_an_error_is_an_object(call: Call, words: list[str], error: str, outcome: str | None) -> None:
    """With ``--json`` what goes to standard error is one JSON object with the documented names."""
    called = call(*words, "--json")

    assert called.out == ""
    assert list(called.error) == ["error", "account", "venue", "operation", "subject", "code", "message", "outcome"]
    assert (called.error["error"], called.error["outcome"]) == (error, outcome)
    assert called.error["message"]


def _repeated(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the words of each option of a command, and of those below it, that takes one value, given twice."""
    context = click.Context(command, obj=State())
    for option in command.params:
        if isinstance(option, click.Option) and not (option.multiple or option.is_flag or option.count):
            yield (*words, option.opts[0], "1", option.opts[0], "2")
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if (below := command.get_command(context, name)) is not None:
                yield from _repeated(below, (*words, name))


def test_an_option_that_takes_one_value_refuses_a_second_one(call: Call) -> None:
    """Those of every command, of the root, and of the commands of a simulator; none takes the last without a word."""
    every = [words for words in _repeated(root, ()) if not words[0].startswith("-")]
    assert len(every) > 100
    for words in every:
        called = call(*words)
        assert called.status == 64
        assert "takes one value, and was given 2" in called.err, words
    for words in (("--accounts=1", "plan", "--accounts=2", "x"), ("--log", "1", "--log", "2", "venues")):
        assert "takes one value, and was given 2" in call(*words).err
    assert "--rate USDT takes one value" in call("overview", "--rate", "USDT=1", "--rate", "USDT=2").err


def test_exit_statuses_reach_the_shell(command: list[str], tmp_path: Path) -> None:
    """``python -m venuekit`` ends with the status, for success and for a mistake."""
    good, bad = (
        subprocess.run(  # noqa: S603 - our own command
            [*command, word], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        for word in ("venues", "veneus")
    )

    assert (good.returncode, good.stderr) == (0, "")
    assert (bad.returncode, bad.stdout) == (64, "")
    assert "Traceback" not in bad.stderr


def test_commands_without_network_load_little(command: list[str], tmp_path: Path) -> None:
    """What tables of declarations need is no event loop, HTTP stack, decoder or table library."""
    code = textwrap.dedent(
        """
        import sys
        from venuekit.cli import main
        for words in (["venues"], ["capabilities"], ["capabilities", "toy_perp"], ["endpoints", "toy_perp", "--json"]):
            assert main(words) == 0, words
        heavy = {"aiohttp", "asyncio", "cattrs", "cryptography", "msgspec", "rich", "tenacity"} & set(sys.modules)
        sys.exit(f"loaded {heavy}" if heavy else 0)
        """
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_plugin_adds_a_command(call: Call, plugin: Callable[[str], None]) -> None:
    """A plugin's command is listed and run, and its coroutine's result is the status."""
    plugin(
        """
        @click.command("greet")
        @click.pass_context
        async def greet(context):
            "Say hello."
            click.echo("hello")
            return 3

        @hookimpl
        def venuekit_register_commands(register):
            register(greet)
        """
    )

    called = call("greet")

    assert (called.status, called.out) == (3, "hello\n")
    assert "Say hello." in call("--help").out
    assert "did you mean greet?" in call("gret").err


def test_a_warning_is_one_line_of_every_command(call: Call, plugin: Callable[[str], None]) -> None:
    """It has no place in the code and no line of it; with ``--json`` it is an object."""
    plugin(
        """
        import warnings

        @click.command("caution")
        @click.option("--json", is_flag=True)
        def caution(json):
            for _ in range(2):
                warnings.warn("the store is lost", UserWarning, stacklevel=1)

        @hookimpl
        def venuekit_register_commands(register):
            register(caution)
        """
    )

    assert call("caution").err == "warning: the store is lost\n" * 2
    assert call("caution", "--json").err == '{"warning": "the store is lost"}\n' * 2


@pytest.mark.parametrize(
    ("registered", "message"),
    [
        ("register('x')", "it registered 'x', which is no named click command"),
        ("register(click.Command('venues'))", "it registered the command 'venues', which is taken"),
        ("[register(click.Command('one')) for _ in range(2)]", "it registered the command 'one', which is taken"),
        ("raise_ours()", "venuekit_register_commands raised PluginError: ours"),
    ],
)
@pytest.mark.parametrize("words", [["endpoints", "toy_perp"], ["endpoints", "toy_perp", "--json"], ["--help"]])
def test_a_plugin_that_registers_nonsense_is_told_by_every_command(
    call: Call, plugin: Callable[[str], None], registered: str, message: str, words: list[str]
) -> None:
    """What is no command, or has a name that is taken, breaks its plugin and no command of ours."""
    plugin(
        f"""
        def raise_ours():
            from venuekit.errors import PluginError
            raise PluginError("ours")

        @hookimpl
        def venuekit_register_commands(register):
            {registered}
        """
    )

    called = call(*words)

    assert called.status == 0
    (line,) = called.err.splitlines()
    assert message in line
    assert "VENUEKIT_DISABLE" in line
    assert called.out


def test_coroutines_below_a_group_are_awaited() -> None:
    """A group's own commands are awaited too, however they are decorated, and only once."""

    @click.group()
    def outer() -> None:
        """Hold a command."""

    @outer.command()
    @click.pass_context
    async def inner(_: click.Context) -> int:
        """Give a status."""
        return 7

    assert run_coroutines(run_coroutines(outer)).main(["inner"], standalone_mode=False) == 7
    assert not inspect.iscoroutinefunction(inner.callback)


def test_ctrl_c_is_130(call: Call, plugin: Callable[[str], None]) -> None:
    """An interrupted command ends with 130 and no traceback; what was noted about a write on its way is told."""
    plugin(
        """
        import asyncio, signal

        @click.command("wait")
        @click.option("--json", "as_json", is_flag=True)
        async def wait(as_json):
            signal.raise_signal(signal.SIGINT)
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError as error:
                error.add_note("toy_perp: set_leverage has an unknown outcome")
                raise

        @hookimpl
        def venuekit_register_commands(register):
            register(wait)
        """
    )

    called, as_json = call("wait"), call("wait", "--json")

    assert (called.status, called.out) == (as_json.status, as_json.out) == (130, "")
    assert called.err.split("\n")[-2:] == ["toy_perp: set_leverage has an unknown outcome", ""]
    assert json.loads(as_json.err.splitlines()[-1]) == {"note": "toy_perp: set_leverage has an unknown outcome"}
    assert "Traceback" not in called.err


def test_a_closed_pipe_is_no_traceback(command: list[str]) -> None:
    """A reader that goes away ends the command quietly, as in ``venuekit endpoints VENUE | head``."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "endpoints", "toy_perp"], stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False
    )
    os.close(writer)

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
