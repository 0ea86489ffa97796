"""Undo files: the old values of the settings that an ``apply`` changes, written before the first of them is sent."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from venuekit._util.whole_files import PRIVATE, write_whole
from venuekit.cli.output import note
from venuekit.errors import ConfigurationError

if TYPE_CHECKING:
    from venuekit.settings import Plan, Report
    from venuekit.settings.plans import Step
    from venuekit.venue import Venue


@attrs.define
class UndoFile:
    """
    The file of one ``apply``.

    At first it has all settings that the plan will change, so that an interruption leaves it; at the end those that
    were changed, or may have been. It is a new file: no other one is ever replaced or removed.
    """

    path: Path
    venues: Mapping[str, Venue[Any]]
    command: str
    _is_made: bool = attrs.field(default=False, init=False)

    def write(self, steps: Iterable[Step]) -> bool:
        """
        Make the file of the old values of some settings, or write them over it, and return whether there are any.

        Without any the file is removed, if it was made.

        Raises:
            ConfigurationError: it cannot be written, or a file of that name was there before.
        """
        from venuekit.settings import tables_of, target_toml, undo_of

        tables = {name: tables_of(entry) for name, entry in undo_of(steps, self.venues).accounts.items()}
        try:
            if not tables:
                if self._is_made:
                    self.path.unlink(missing_ok=True)
                return False
            text = f"# before: {self.command}\n\n{target_toml(tables)}"
            if self._is_made:
                write_whole(self.path, text)
            else:
                self._make(text)
        except OSError as error:
            raise ConfigurationError(
                f"{self.path}: the undo file cannot be written: {error.strerror or error}; give another place by --undo"
            ) from error
        return True

    def _make(self, text: str) -> None:
        """Make the file; the name is taken first, so that no other file of it is replaced, and left if that fails."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.path.touch(mode=PRIVATE, exist_ok=False)
        except FileExistsError as error:
            raise _existing(self.path) from error
        with ExitStack() as failed:
            failed.callback(self.path.unlink)
            write_whole(self.path, text)
            failed.pop_all()
        self._is_made = True

    def begin(self, plan: Plan) -> None:
        """Write the old value of every setting that a plan changes."""
        self.write(step for step in plan.steps if step.status in {"pending", "along"})

    def end(self, report: Report, *, as_json: bool) -> None:
        """Leave the old values of the settings that were changed or may have been, and name the file."""
        if self.write(result for result in report.results if result.status in {"changed", "unknown"}):
            self.name_it(as_json=as_json)

    def name_it(self, *, as_json: bool) -> None:
        """Write the command that restores the old values to standard error."""
        if self._is_made and self.path.exists():
            undo = f"undo: venuekit apply {shlex.quote(str(self.path))}"
            note(undo, as_json=as_json, path=str(self.path))


def check_new(path: Path) -> None:
    """
    Check that there is no file at the place of an undo file, before anything is read.

    Raises:
        ConfigurationError: there is one, or a link.
    """
    if path.exists() or path.is_symlink():
        raise _existing(path)


def _existing(path: Path) -> ConfigurationError:
    return ConfigurationError(f"--undo {path}: it exists, and is not overwritten: give another name, or move it")


def default_path() -> Path:
    """Return a new path of an undo file, by the present time, in the user's directory of state."""
    import platformdirs

    directory = Path(platformdirs.user_state_path("venuekit")) / "undo"
    return directory / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}Z.toml"
