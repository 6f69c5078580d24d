import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report.sample import SAMPLE, changed, figure, with_figure

from packager.config.budget import parse_budget
from packager.errors import ConfigError
from packager.figure import Basis
from packager.report.check import Status, Verdict, check, reason, story, unknown_targets
from packager.report.model import Report


def one(row: str, figure_name: str = "deploy.bytes", report: Report = SAMPLE, baseline: Any = None) -> Verdict:
    budget = parse_budget(f'[default]\n"{figure_name}" = {row}', source="b.toml")
    (verdict,) = check(report, budget, baseline)
    return verdict


def test_pass_warn_and_fail_by_the_wall_and_the_tripwire() -> None:
    assert one('{max = "60 KiB"}').status is Status.PASS, "the limit itself is kept"
    assert one('{max = "59.9 KiB"}').status is Status.FAIL
    warned = one('{max = "70 KiB", warn = "50 KiB"}')
    assert (warned.status, warned.message) == (Status.WARN, "warns from 50.0 KiB")
    assert one('{max = "70 KiB", warn = "65 KiB"}').status is Status.PASS
    assert one("{min = 0.95}", "fidelity.argmax_agreement").status is Status.PASS
    assert one("{min = 0.95, warn = 0.995}", "fidelity.argmax_agreement").status is Status.WARN
    assert one("{min = 0.995}", "fidelity.argmax_agreement").status is Status.FAIL


def test_a_failure_says_by_how_much() -> None:
    failed = one('{max = "50 KiB"}')
    assert (failed.value, failed.limit, failed.unit) == (61_440, 51_200, "B")
    assert story(failed) == "60.0 KiB (measured), max 50.0 KiB; over by 10.0 KiB"
    assert one('{max = "61439 B"}').message == "over by 1 B"
    assert one("{min = 0.995}", "fidelity.argmax_agreement").message == "under by 0.004"


def test_the_unsafe_end_of_the_band_counts() -> None:
    estimate = one('{max = "2 ms"}', "latency.p50.ms")
    assert (estimate.status, estimate.value, estimate.basis) == (Status.FAIL, 2.95, Basis.ESTIMATED)
    mapped = changed(SAMPLE, figures=(figure("edgetpu.ops_mapped", 12, "1", low=10, high=13),))
    assert one("{min = 11}", "edgetpu.ops_mapped", mapped).value == 10


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_no_estimate_passes_whose_band_reaches_over_the_wall(a: float, b: float, c: float, wall: float) -> None:
    low, value, high = sorted((a, b, c))
    report = changed(SAMPLE, figures=(figure("deploy.bytes", value, "B", low=low, high=high),))
    assert (one(f"{{max = {wall!r}}}", report=report).status is Status.PASS) == (high <= wall)
    assert (one(f"{{min = {wall!r}}}", report=report).status is Status.PASS) == (low >= wall)


def test_the_hosts_time_does_not_pass_for_the_boards() -> None:
    only_host = changed(SAMPLE, figures=tuple(f for f in SAMPLE.figures if f.low is None))
    blind = one('{max = "1 s"}', "latency.p50.ms", only_host)
    assert blind.status is Status.FAIL
    assert blind.message == "known for host only, which says nothing of raspberrypi-4"
    asked = one('{max = "1 s", on = "host"}', "latency.p50.ms", only_host)
    assert (asked.status, asked.value) == (Status.PASS, 0.0852)
    host = changed(only_host, target=dataclasses.replace(SAMPLE.target, name="host"))
    assert one('{max = "1 s"}', "latency.p50.ms", host).value == 0.0852, "the target is this machine"


def test_of_several_figures_the_one_nearest_to_the_limit_counts() -> None:
    measured = figure("latency.p50.ms", 4.5, "ms", "measured", on="raspberrypi-4")
    report = changed(SAMPLE, figures=(*SAMPLE.figures, measured))
    assert one('{max = "4 ms"}', "latency.p50.ms", report).value == 4.5
    assert one('{max = "4 ms", basis = "estimated"}', "latency.p50.ms", report).value == 2.95


def test_what_the_gate_cannot_see_it_fails() -> None:
    missing = one("{max = 1}", "energy.mj")
    assert (missing.status, missing.message, missing.value) == (Status.FAIL, "not in the report", None)
    assert story(missing) == "missing, max 1 mJ; not in the report"
    other = one('{max = 1, basis = "measured"}', "weights.bytes")
    assert (other.status, other.message) == (Status.FAIL, "not measured in the report, only estimated")
    unit = one("{max = 99}", report=changed(SAMPLE, figures=(figure("deploy.bytes", 1, "KiB"),)))
    assert (unit.status, unit.message) == (Status.FAIL, "given in KiB, not in B")


def test_an_optional_limit_is_skipped_only_where_the_figure_is_missing() -> None:
    assert one("{max = 1, optional = true}", "energy.mj").status is Status.SKIP
    assert one("{max = 1, optional = true}").status is Status.FAIL
    assert one('{max_increase = "1%", optional = true}').status is Status.SKIP
    wrong_unit = changed(SAMPLE, figures=(figure("deploy.bytes", 1, "KiB"),))
    assert one("{max = 1, optional = true}", report=wrong_unit).status is Status.FAIL


def test_random_calibration_fails_what_depends_on_data_and_nothing_else() -> None:
    random = changed(SAMPLE, trusted=False)
    verdict = one("{max = 100}", "accuracy.drop", random)
    assert (verdict.status, verdict.message) == (
        Status.FAIL,
        "calibrated on random inputs: this figure means nothing",
    )
    assert one("{max = 100}", "accuracy.drop", random, random).status is Status.FAIL
    assert one('{max_increase = "100 %"}', "accuracy.drop", random, random).status is Status.FAIL
    assert one('{max = "1 MiB"}', report=random).status is Status.PASS


def grown(by: int) -> Report:
    """The sample with its last layer, the model and the bundle larger."""
    layers = (*SAMPLE.layers[:-1], dataclasses.replace(SAMPLE.layers[-1], bytes=SAMPLE.layers[-1].bytes + by))
    report = changed(SAMPLE, layers=layers)
    return with_figure(with_figure(report, "deploy.bytes", value=61_440 + by), "artifact.bytes", value=53_936 + by)


def test_growth_is_held_against_the_baseline_and_blamed_on_a_layer() -> None:
    verdict = one('{max_increase = "2%"}', report=grown(2000), baseline=SAMPLE)
    assert (verdict.status, verdict.baseline, verdict.change) == (Status.FAIL, 61_440, 2000)
    assert verdict.limit == pytest.approx(61_440 * 1.02)
    assert verdict.mover is not None
    assert (verdict.mover.name, verdict.mover.change) == ("FULLY_CONNECTED 'm/dense'", 2000)
    assert reason(verdict) == (
        "over by 771 B; +2.0 KiB since the baseline; most by FULLY_CONNECTED 'm/dense' (+2.0 KiB)"
    )
    assert one('{max_increase = "4%"}', report=grown(2000), baseline=SAMPLE).status is Status.PASS
    assert one('{max_increase = "1 KiB"}', report=grown(2000), baseline=SAMPLE).status is Status.FAIL
    assert one('{max_increase = "1%"}', report=grown(-2000), baseline=SAMPLE).status is Status.PASS
    assert one('{max = "1 MiB"}', report=grown(2000), baseline=SAMPLE).change == 2000


def test_a_loss_is_held_where_more_is_better() -> None:
    worse = with_figure(SAMPLE, "accuracy.quantized", value=90.0)
    row = '{max_decrease = "1 %"}'
    assert one(row, "accuracy.quantized", worse, SAMPLE).status is Status.FAIL
    assert one(row, "accuracy.quantized", SAMPLE, worse).status is Status.PASS


def test_a_change_needs_a_baseline_that_has_the_figure() -> None:
    assert one('{max_increase = "1%"}').message == "needs a baseline to compare with"
    empty = changed(SAMPLE, figures=())
    verdict = one('{max_increase = "1%"}', baseline=empty)
    assert (verdict.status, verdict.message) == (Status.FAIL, "the baseline lacks the figure")


def test_a_baseline_come_by_in_another_way_is_named() -> None:
    before = with_figure(SAMPLE, "deploy.bytes", source="somewhere else")
    verdict = one('{max_increase = "1%"}', baseline=before)
    assert (verdict.status, verdict.message) == (Status.PASS, "the baseline was measured: somewhere else")


def test_one_limit_may_have_several_clauses_and_failures_come_first() -> None:
    budget = parse_budget(
        '[default]\n"deploy.bytes" = {max = "1 MiB", max_increase = "1%"}\n"compute.macs" = {max = 1}', source="b"
    )
    verdicts = check(SAMPLE, budget, SAMPLE)
    assert [(v.figure, v.status) for v in verdicts] == [
        ("compute.macs", Status.FAIL),
        ("deploy.bytes", Status.PASS),
        ("deploy.bytes", Status.PASS),
    ]


def test_a_target_without_limits_is_a_mistake() -> None:
    budget = parse_budget('[targets.coral]\n"deploy.bytes" = {max = 1}', source="b.toml")
    with pytest.raises(ConfigError, match=r"b.toml: no limit for target 'raspberrypi-4'") as caught:
        check(SAMPLE, budget)
    assert "coral" in caught.value.hint


def test_a_baseline_of_another_target_is_a_mistake() -> None:
    other = changed(SAMPLE, target=dataclasses.replace(SAMPLE.target, name="coral"))
    with pytest.raises(ConfigError, match="baseline is of target 'coral'"):
        one("{max = 1}", baseline=other)


def test_a_misspelt_table_is_told() -> None:
    budget = parse_budget('[targets.rasberrypi]\n"deploy.bytes" = {max = 1}', source="b.toml")
    (sentence,) = unknown_targets(budget, {"raspberrypi", "coral"})
    assert sentence == "b.toml: [targets.rasberrypi] matches no target: did you mean 'raspberrypi'?"
    assert unknown_targets(budget, {"rasberrypi"}) == ()
