"""Kinds of broken plugins: the code of each, the line to blame, and the one sentence about it."""

from __future__ import annotations

import textwrap
from pathlib import Path

import attrs
from tests.core.plugin_sites import REGISTER, VENUE

#: ends the line of code that a sentence must name
HERE = "  # here"
#: code that waits for the fixture ``gate``
WAITS = "import threading\nassert threading.gate_of_a_test.wait(30)\n"
_START = "mend it and start again"


@attrs.frozen
class Kind:
    """
    One kind of broken plugin: a distribution of one module, and an entry point of the kind's name.

    ``code`` marks the line to blame with :data:`HERE`; without a mark it is the line of the entry point, and without
    ``code`` there is no module. In all texts NAME is the kind's name, DIST the distribution, and MODULE the module.
    ``is_usable`` says that the plugin works and is only told of.
    """

    name: str
    code: str | None
    words: str
    mend: str
    is_usable: bool = False

    @property
    def module(self) -> str:
        """The name of the module."""
        return f"acme_{self.name}"

    @property
    def distribution(self) -> str:
        """The name of the distribution."""
        return self.module.replace("_", "-")

    def install(self, site: Path, group: str) -> None:
        """Install the distribution into a directory."""
        info = site / f"{self.module}-1.5.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {self.distribution}\nVersion: 1.5\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{self.name} = {self.module}\n")
        if self.code is not None:
            (site / f"{self.module}.py").write_text(self._fill(self.code))

    def sentence(self, site: Path) -> str:
        """Return the whole sentence about the installed plugin."""
        verb = " " if self.is_usable else " cannot be used: "
        disable = "" if self.is_usable else f", or name {self.distribution} in VENUEKIT_DISABLE"
        words, mend = self._fill(self.words), self._fill(self.mend)
        return f"plugin {self.name} of {self.distribution} 1.5{verb}{words} ({self._place(site)}); {mend}{disable}"

    def _place(self, site: Path) -> str:
        lines = self._fill(self.code or "").splitlines()
        blamed = [number for number, line in enumerate(lines, 1) if line.endswith(HERE)]
        if not blamed:
            return f"{site / f'{self.module}-1.5.dist-info' / 'entry_points.txt'}:2"
        return f"{site / f'{self.module}.py'}:{blamed[0]}"

    def _fill(self, text: str) -> str:
        return text.replace("NAME", self.name).replace("DIST", self.distribution).replace("MODULE", self.module)


def _venue(old: str = "", new: str = "", *, blamed: str = "def venuekit_register_venues(register):") -> str:
    """Return a good venue's code with one text replaced and one line blamed."""
    code = VENUE + REGISTER.format(ids=("NAME",))
    assert not old or old in code
    code = code.replace(old, new) if old else code
    assert blamed in code
    return code.replace(blamed, f"{blamed}{HERE}", 1)


def _registering(statement: str, *, blamed: bool = False) -> str:
    """Return the code of a venue whose hook is one statement; either the statement is blamed or the hook."""
    hook, here = ("", HERE) if blamed else (HERE, "")
    return f"{VENUE}@hookimpl\ndef venuekit_register_venues(register):{hook}\n    {statement}{here}\n"


def _evolved(simulated: str) -> str:
    """Return the code of the toy venue under the kind's name, with another simulated venue."""
    return (
        "import attrs\nfrom venuekit.plugin import hookimpl\nfrom venuekit_toy_perp import TOY_PERP\nVENUEKIT_API = 1\n"
        f"simulated = {simulated}{HERE}\n@hookimpl\ndef venuekit_register_venues(register):\n"
        "    register(attrs.evolve(TOY_PERP, id='NAME', simulated=simulated))\n"
    )


def _operator(code: str) -> str:
    """Return the code of a cross-cutting plugin."""
    return "from venuekit.plugin import hookimpl\nVENUEKIT_API = 1\n" + textwrap.dedent(code)


def _answering(hook: str, answer: str = "b'secret'") -> str:
    """Return the code of a cross-cutting plugin with one hook, which returns an answer."""
    return _operator(f"@hookimpl\ndef {hook}:{HERE}\n    return {answer}\n")


_LEAVE_OUT = "leave out those that it does not need"
_FIT = "install releases of DIST and venuekit that fit each other"
_SAY = "say VENUEKIT_API = 1 in MODULE"

VENUES = (
    Kind(
        "import_error",
        f"from sys import no_such{HERE}",
        "ImportError: cannot import name 'no_such' from 'sys' (unknown location)",
        "install releases of DIST and the package of sys that fit each other",
    ),
    Kind("missing_module", None, "ModuleNotFoundError: No module named 'MODULE'", "reinstall DIST"),
    Kind(
        "missing_package",
        f"\nimport nothing_of_acme{HERE}",
        "ModuleNotFoundError: No module named 'nothing_of_acme'",
        "install the package that has the module nothing_of_acme",
    ),
    Kind(
        "other_release",
        f"import venuekit.nothing_of_ours{HERE}",
        "ModuleNotFoundError: No module named 'venuekit.nothing_of_ours'",
        _FIT,
    ),
    Kind("syntax_error", f"import sys\n\ndef f(:{HERE}", "SyntaxError: invalid syntax", "mend its syntax"),
    Kind("exit", f"import sys\nsys.exit(3){HERE}", "SystemExit: 3", "remove the call that ends the process"),
    Kind("stops", f"import asyncio\nraise asyncio.CancelledError{HERE}", "CancelledError", _START),
    Kind(
        "raises",
        f"import json\n\ndef f():\n    json.loads('x'){HERE}\nf()",
        "JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        _START,
    ),
    Kind(
        "unsayable",
        f"class Odd(Exception):\n    def __str__(self): return 1 / 0\nraise Odd{HERE}",
        "Odd: (it has no readable words)",
        _START,
    ),
    Kind(
        "hook_raises",
        _registering(r"raise RuntimeError('first\nsecond')", blamed=True),
        "RuntimeError: first second",
        _START,
    ),
    Kind(
        "misspelt_hook",
        _venue("register_venues", "register_venue", blamed="def venuekit_register_venue(register):"),
        "it implements venuekit_register_venue, which is no hook",
        "rename venuekit_register_venue to venuekit_register_venues",
    ),
    Kind(
        "no_marker",
        _venue("@hookimpl"),
        "its function venuekit_register_venues carries no marker",
        "decorate it with @venuekit.plugin.hookimpl",
    ),
    Kind(
        "no_version",
        HERE + _venue("\nVENUEKIT_API = 1").replace(HERE, ""),
        "it does not say which version of the plugin contract it was written for",
        _SAY,
    ),
    Kind(
        "later_version",
        _venue("VENUEKIT_API = 1", "VENUEKIT_API = 7", blamed="VENUEKIT_API = 7"),
        "it was written for version 7 of the plugin contract, this is version 1",
        _FIT,
    ),
    Kind(
        "text_version",
        _venue("VENUEKIT_API = 1", "VENUEKIT_API = '1'", blamed="VENUEKIT_API = '1'"),
        "its version of the plugin contract is '1', which is no whole number",
        _SAY,
    ),
    Kind("no_venue", _registering("register('x')"), "it registered str, which is no Venue", "register a Venue"),
    Kind(
        "other_id",
        _registering("register(venue('acme_pepr'))"),
        "it registered venue 'acme_pepr' from the entry point 'NAME'",
        "give the entry point the venue's id as its name: acme_pepr = 'MODULE'",
    ),
    Kind(
        "nothing_registered",
        _registering("pass"),
        "MODULE registered no venue 'NAME'",
        "call register(venue) with it in venuekit_register_venues",
    ),
    Kind(
        "operators_hook",
        f"{_venue().replace(HERE, '')}@hookimpl\ndef venuekit_make_signer(venue, credentials):{HERE}\n    pass\n",
        "it implements venuekit_make_signer, but plugins announced in venuekit.venues may implement"
        " venuekit_register_venues only",
        "move venuekit_make_signer into a module of its own and announce that in venuekit.plugins",
    ),
    Kind(
        "wrong_argument",
        _venue("(register)", "(registry)", blamed="def venuekit_register_venues(registry):"),
        "its venuekit_register_venues takes (registry), and the hook gives it no registry",
        f"venuekit_register_venues takes (register): {_LEAVE_OUT}",
    ),
    Kind(
        "further_argument",
        _venue("(register)", "(register, plugins, loud=False)", blamed="(register, plugins, loud=False):"),
        "its venuekit_register_venues takes (register, plugins, loud), and the hook gives it no plugins",
        f"venuekit_register_venues takes (register): {_LEAVE_OUT}",
    ),
    Kind(
        "coroutine",
        _venue("def venuekit", "async def venuekit", blamed="async def venuekit_register_venues(register):"),
        "its venuekit_register_venues is a coroutine function, and nothing awaits it",
        "make it a plain def",
    ),
    Kind(
        "bad_id",
        _registering("register(venue('Acme-Perp'))"),
        "a venue has the id 'Acme-Perp'",
        "give it one of lower case letters, digits and underscores",
    ),
    Kind(
        "account_int",
        _venue("account=Account", "account=int"),
        "the account of NAME is <class 'int'>",
        "give it a subclass of venuekit.plugin.Account",
    ),
    Kind(
        "simulated_text",
        _venue("limits=()", "limits=(), simulated='x'"),
        "simulated of NAME is 'x'",
        "give it a function that makes the simulated venue",
    ),
)

#: usable, but for their simulated venue
FRONTS = (
    Kind(
        "front_raises",
        _evolved("lambda: 1 / 0"),
        "its simulator: ZeroDivisionError: division by zero",
        _START,
    ),
    Kind(
        "front_exits",
        _evolved("lambda: exit(0)"),
        "its simulator: SystemExit: 0",
        "remove the call that ends the process",
    ),
    Kind(
        "front_text",
        _evolved("lambda: 'x'"),
        "its simulator: it is a str, no SimulatedVenue",
        "return a SimulatedVenue",
    ),
)

#: usable, with a fault to be told of
FLAWED_VENUES = (
    Kind(
        "prints",
        f"import sys\nprint('hello', 'world'){HERE}\nsys.stdout.write('more\\n')\n{_venue().replace(HERE, '')}",
        "printed 'hello' while it was loaded",
        "log it, or remove the print",
        is_usable=True,
    ),
)

OPERATORS = (
    Kind(
        "op_import_error",
        f"raise OSError('no vault'){HERE}",
        "OSError: no vault",
        _START,
    ),
    Kind(
        "op_misspelt",
        _operator(f"@hookimpl\ndef venuekit_observer(venue):{HERE}\n    return print\n"),
        "it implements venuekit_observer, which is no hook",
        "rename venuekit_observer to venuekit_observe",
    ),
    Kind(
        "op_wrong_argument",
        _answering("venuekit_make_budget(pools)"),
        "its venuekit_make_budget takes (pools), and the hook gives it no pools",
        f"venuekit_make_budget takes (pool): {_LEAVE_OUT}",
    ),
    Kind(
        "op_venues_hook",
        _answering("venuekit_register_venues(register)"),
        "it implements venuekit_register_venues, but plugins announced in venuekit.plugins may implement every hook but"
        " venuekit_register_venues",
        "move venuekit_register_venues into a module of its own and announce that in venuekit.venues",
    ),
    Kind(
        "op_coroutine",
        _operator(f"@hookimpl\nasync def venuekit_observe(venue):{HERE}\n    return print\n"),
        "its venuekit_observe is a coroutine function, and nothing awaits it",
        "make it a plain def",
    ),
    Kind(
        "op_generator",
        _answering("venuekit_observe(venue)", "(yield print)"),
        "its venuekit_observe is a generator, which nothing runs",
        "return the answer",
    ),
    Kind(
        "op_command_of_core",
        _operator(
            f"""
            import click
            @click.command("balances")
            def mine():{HERE}
                pass
            @hookimpl
            def venuekit_register_commands(register):
                register(mine)
            """
        ),
        "it registered the command 'balances', which is taken",
        "give it a name that venuekit --help does not list",
    ),
    Kind(
        "op_commands_raise",
        _operator(f"@hookimpl\ndef venuekit_register_commands(register):\n    register.nothing(){HERE}\n"),
        "venuekit_register_commands raised AttributeError: 'function' object has no attribute 'nothing'",
        _START,
    ),
)

#: a venue whose loading takes long
SLOW = Kind(
    "slow",
    f"{HERE}\n{_venue().replace(HERE, '')}",
    "took 1.3 s to load",
    "import heavy modules, and ask others, where they are used",
    is_usable=True,
)

#: usable, with a fault to be told of
FLAWED_OPERATORS = (
    Kind(
        "op_prints",
        _operator(f"print('hello'){HERE}"),
        "printed 'hello' while it was loaded",
        "log it, or remove the print",
        is_usable=True,
    ),
    Kind(
        "op_slow",
        f"{HERE}\n{_operator('')}",
        "took 10.2 s to load",
        "import heavy modules, and ask others, where they are used",
        is_usable=True,
    ),
)

#: broken when an account is opened
ASKED_OPERATORS = (
    Kind(
        "op_observe_raises",
        _operator(f"@hookimpl\ndef venuekit_observe(venue):\n    raise RuntimeError('boom'){HERE}\n"),
        "venuekit_observe raised RuntimeError: boom",
        _START,
    ),
    Kind(
        "op_policy_exits",
        _operator(f"@hookimpl\ndef venuekit_retry_policy(venue):\n    raise SystemExit(0){HERE}\n"),
        "venuekit_retry_policy raised SystemExit: 0",
        "remove the call that ends the process",
    ),
    Kind(
        "op_observer",
        _answering("venuekit_observe(venue)"),
        "venuekit_observe returned bytes, which cannot be called",
        _START,
    ),
    Kind(
        "op_policy",
        _answering("venuekit_retry_policy(venue)"),
        "venuekit_retry_policy returned bytes, which is no RetryPolicy",
        _START,
    ),
    Kind(
        "op_signer",
        _answering("venuekit_make_signer(credentials)"),
        "venuekit_make_signer returned bytes, which has no method sign",
        _START,
    ),
    Kind(
        "op_budget",
        _answering("venuekit_make_budget(pool)"),
        "venuekit_make_budget returned bytes, which has no method wait, spend, set_used, close, seconds_closed,"
        " is_banned",
        _START,
    ),
)

#: of an argument that a hook is to lose
OUTDATED = Kind(
    "op_outdated",
    _answering("venuekit_observe(venue, environment)", "venue if environment == 'live' else None"),
    "takes the outdated argument environment in its venuekit_observe",
    "take venue.environments instead",
    is_usable=True,
)
