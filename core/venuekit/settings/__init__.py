"""Settings as code: a target file declares the desired settings; plan them, apply them, verify them."""

from __future__ import annotations

from venuekit.settings.applier import apply
from venuekit.settings.pace import Pace
from venuekit.settings.planner import plan
from venuekit.settings.plans import (
    Plan,
    PlannedRead,
    PlannedStep,
    StepStatus,
    UnknownSymbol,
    UnmatchedPattern,
    Unreadable,
)
from venuekit.settings.present import read_target_of, tables_of
from venuekit.settings.report import Report, Result, ResultStatus, plan_exit_status, report_exit_status
from venuekit.settings.target import (
    AccountTarget,
    LeverageTarget,
    Origin,
    SymbolRule,
    SymbolTarget,
    Target,
    target_toml,
    text_of,
)
from venuekit.settings.target_file import TargetFile, parse_target, read_target
from venuekit.settings.undo import undo_of

__all__ = [
    "AccountTarget",
    "LeverageTarget",
    "Origin",
    "Pace",
    "Plan",
    "PlannedRead",
    "PlannedStep",
    "Report",
    "Result",
    "ResultStatus",
    "StepStatus",
    "SymbolRule",
    "SymbolTarget",
    "Target",
    "TargetFile",
    "UnknownSymbol",
    "UnmatchedPattern",
    "Unreadable",
    "apply",
    "parse_target",
    "plan",
    "plan_exit_status",
    "read_target",
    "read_target_of",
    "report_exit_status",
    "tables_of",
    "target_toml",
    "text_of",
    "undo_of",
]
