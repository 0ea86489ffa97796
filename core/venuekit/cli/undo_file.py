"""Undo files: the old values of the settings that an ``apply`` changes, written before the first of them is sent."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from venuekit._util.whole_files import write_whole
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
    were changed, or may have been.
    """

    path: Path
    venues: Mapping[str, Venue[Any]]
    command: str

    def write(self, steps: Iterable[Step]) -> bool:
        """
        Write the old values of some settings over the file, and return whether there are any; without, it is removed.

        Raises:
            ConfigurationError: it cannot be written.
        """
        from venuekit.settings import tables_of, target_toml, undo_of

        tables = {name: tables_of(entry) for name, entry in undo_of(steps, self.venues).accounts.items()}
        try:
            if not tables:
                self.path.unlink(missing_ok=True)
                return False
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, f"# before: {self.command}\n\n{target_toml(tables)}")
        except OSError as error:
            raise ConfigurationError(
                f"{self.path}: the undo file cannot be written: {error.strerror or error}; give another place by --undo"
            ) from error
        return True

    def begin(self, plan: Plan) -> None:
        """Write the old value of every setting that a plan changes."""
        self.write(step for step in plan.steps if step.status in {"pending", "along"})

    def end(self, report: Report, *, as_json: bool) -> None:
        """Leave the old values of the settings that were changed or may have been, and name the file."""
        if self.write(result for result in report.results if result.status in {"changed", "unknown"}):
            self.name_it(as_json=as_json)

    def name_it(self, *, as_json: bool) -> None:
        """Write the command that restores the old values to standard error."""
        if self.path.exists():
            undo = f"undo: venuekit apply {shlex.quote(str(self.path))}"
            note(undo, as_json=as_json, path=str(self.path))


def default_path() -> Path:
    """Return a new path of an undo file, by the present time, in the user's directory of state."""
    import platformdirs

    directory = Path(platformdirs.user_state_path("venuekit")) / "undo"
    return directory / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}Z.toml"
