from report.sample import SAMPLE, changed, figure, layer, with_figure

from packager.errors import Diagnostic, Severity
from packager.report import page


def test_groups_are_in_the_vocabularys_order_and_unknown_figures_come_last() -> None:
    report = changed(SAMPLE, figures=(figure("my.own", 3, "widgets"), *SAMPLE.figures[::-1]))
    groups = page.figure_rows(report)
    assert list(groups) == ["Size", "Memory", "Compute", "Time", "Accuracy", "Other"]
    assert [row.name for row in groups["Size"]][:2] == ["deploy.bytes", "artifact.bytes"]
    assert (groups["Other"][0].title, groups["Other"][0].value) == ("my.own", "~3 widgets")


def test_no_figure_is_lost() -> None:
    assert sum(len(rows) for rows in page.figure_rows(SAMPLE).values()) == len(SAMPLE.figures)


def test_the_targets_own_figure_heads_the_hosts() -> None:
    latency = next(rows for rows in page.headlines(SAMPLE) if rows[0].name == "latency.p50.ms")
    assert [(row.value, row.place) for row in latency] == [("~1.90 ms", ""), ("85.2 \u00b5s", " on host")]


def test_a_rounded_size_has_its_digits() -> None:
    assert (page.row_of(figure("deploy.bytes", 53_936, "B")).digits, page.row_of(figure("x", 7, "B")).digits) == (
        "53,936",
        "",
    )


def test_findings_are_in_order_of_weight() -> None:
    assert [d.severity for d in page.diagnostics_by_weight(SAMPLE)] == [Severity.WARNING, Severity.NOTE]


def test_many_notes_on_single_layers_fold_and_nothing_else_does() -> None:
    notes = tuple(Diagnostic(severity=Severity.NOTE, where=f"ADD #{i}", message="less") for i in range(6))
    few = changed(SAMPLE, diagnostics=(*SAMPLE.diagnostics, *notes[:3]))
    assert page.folded(few) == (page.diagnostics_by_weight(few), [])
    shown, small = page.folded(changed(SAMPLE, diagnostics=(*notes, *SAMPLE.diagnostics)))
    assert small == [*notes, SAMPLE.diagnostics[0]]
    assert shown == [SAMPLE.diagnostics[1]]


def test_on_what_the_quantization_rests() -> None:
    assert page.origin(SAMPLE) == "calibrated on the inputs given"
    assert page.origin(changed(SAMPLE, quantization=None)) == "quantized by its author"
    assert page.origin(changed(SAMPLE, trusted=False)) == "calibrated on random inputs"


def test_the_real_value_of_an_integer() -> None:
    assert page.quantum(0.5, 3) == "0.5 * (q - 3)"
    assert page.quantum(0.5, -128) == "0.5 * (q + 128)"
    assert page.quantum(0.5, 0) == "0.5 * q"
    assert page.quantum(None, None) == "\u2013"


def test_a_column_has_one_unit() -> None:
    assert page.time_scale(SAMPLE).text(0.72) == "720.0 \u00b5s"
    slow = changed(SAMPLE, layers=(layer(0, "ADD", "a", latency_ms=12.5), layer(1, "ADD", "b", latency_ms=0.001)))
    assert [page.time_scale(slow).text(x.latency_ms or 0) for x in slow.layers] == ["12.500 ms", "0.001 ms"]
    assert page.size_scale(SAMPLE).text(1024) == "1.0 KiB"
    assert page.size_scale(slow).text(1024) == "1,024 B"


def test_times_that_overlap_have_no_sum() -> None:
    total = page.total_ms(SAMPLE)
    assert total is not None
    assert round(total, 3) == 1.901
    pipelined = with_figure(SAMPLE, "latency.p50.ms", value=0.8, low=None, high=None)
    assert page.total_ms(pipelined) is None
    assert page.total_ms(changed(SAMPLE, layers=())) is None
