"""The report as one HTML file: no script, nothing from outside, light and dark, fit for paper."""

from typing import Any

from packager.data import data_dir
from packager.report import page
from packager.report.model import Report
from packager.report.pictures import pictures
from packager.report.text import DASH, exact, show, visible
from packager.util.text import human_bytes

SUFFIX = "html"


def render(report: Report) -> str:
    # Both come from jinja2's own distribution; they are imported late, as everything heavy is.
    import jinja2
    import markupsafe

    folder = data_dir("templates") / "report"
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (folder / name).read_text("utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        visible=visible,
        bytes=human_bytes,
        exact=exact,
        show=show,
        count=page.count,
    )
    text = environment.get_template("report.html.j2").render(
        r=report,
        css=markupsafe.Markup((folder / "report.css").read_text("utf-8")),  # noqa: S704 - our own file
        pictures=[(p, markupsafe.Markup(p.svg)) for p in pictures(report)],  # noqa: S704 - escaped where it is drawn
        **_facts(report),
    )
    return text if text.endswith("\n") else text + "\n"


def _facts(report: Report) -> dict[str, Any]:
    layers = report.layers
    findings, notes = page.folded(report)
    return {
        "groups": page.figure_rows(report),
        "headlines": page.headlines(report),
        "findings": findings,
        "notes": notes,
        "layer_names": page.layer_names(report),
        "origin": page.origin(report),
        "quantum": page.quantum,
        "cost_columns": page.cost_columns,
        "cost_rows": page.cost_rows,
        "ports": [*(("input", p) for p in report.model.inputs), *(("output", p) for p in report.model.outputs)],
        "timed": any(layer.latency_ms is not None for layer in layers),
        "compared": any(layer.sqnr_db is not None for layer in layers),
        "reasoned": any(layer.reason for layer in layers),
        "time": page.time_scale(report),
        "total_ms": page.total_ms(report),
        "dash": DASH,
    }
