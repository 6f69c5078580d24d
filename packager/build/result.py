"""What a build gives back."""

import dataclasses
from pathlib import Path
from typing import Any

from packager.config.figures import figure_kinds
from packager.errors import BudgetExceededError, Diagnostic, Severity
from packager.report.check import Status, Verdict, story
from packager.report.model import Report
from packager.report.text import show_band, show_figure


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class BuiltBundle:
    target: str
    path: Path
    archive: Path
    digest: str
    """SHA-256 of the uncompressed archive."""
    page: Path
    """The HTML report with what was timed here; it lies beside the bundle, whose own holds no times."""
    report: Report
    """With what was timed here."""
    verdicts: tuple[Verdict, ...] = ()

    def warnings(self) -> list[str]:
        """What of the report's notes somebody should know who never opens it."""
        return [str(note) for note in self.report.diagnostics if note.severity is Severity.WARNING]

    def summary(self) -> list[tuple[str, str, str, str]]:
        """Title, value, band and origin of each headline figure of the report, in the report's order."""
        return [
            (kind.title, show_figure(figure), show_band(figure), f"{figure.basis}: {figure.source}")
            for name, kind in figure_kinds().items()
            for figure in (self.report.named(name) if kind.headline else ())
        ]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class BuildResult:
    bundles: tuple[BuiltBundle, ...]
    notes: tuple[Diagnostic, ...] = ()
    """On the model or its data, not on one target."""

    def to_dict(self) -> dict[str, Any]:
        """As `build --json` prints it."""
        return {
            "bundles": [
                {
                    "target": built.target,
                    "path": str(built.path),
                    "archive": str(built.archive),
                    "digest": built.digest,
                    "report": built.report.to_dict(),
                }
                for built in self.bundles
            ]
        }

    def gate(self) -> None:
        """Refuse where a budget was given and a figure is over it.

        Raises:
            BudgetExceededError: naming every such figure; the bundles stay, for somebody has to look at them.
        """
        failed = [(b.target, v) for b in self.bundles for v in b.verdicts if v.status is Status.FAIL]
        if failed:
            lines = "\n".join(f"  - {target}: {verdict.figure}: {story(verdict)}" for target, verdict in failed)
            raise BudgetExceededError(f"over budget:\n{lines}", hint="the bundles are built; see their reports")
