import contextlib
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.config.budget import Budget, Change, Limit, load_budget, parse_budget, parse_quantity
from packager.errors import ConfigError
from packager.figure import Basis


def parsed(text: str) -> Budget:
    return parse_budget(text, source="b.toml")


def refused(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parsed(text)
    assert "b.toml" in str(caught.value)
    assert caught.value.hint
    return caught.value


def limit(row: str, figure: str = "deploy.bytes") -> Limit:
    return parsed(f'[default]\n"{figure}" = {row}').default[figure]


def test_sizes_and_times_take_units() -> None:
    both = limit('{max = "200 KiB", warn = "180 KiB"}')
    assert (both.max, both.warn, both.unit) == (204_800, 184_320, "B")
    assert limit('{max = "200kB"}').max == 200_000
    assert limit("{max = 1024}").max == 1024
    assert limit('{max = "5000 us"}', "latency.p50.ms").max == 5
    assert limit('{max = "0.2 s"}', "latency.p99.ms").max == 200
    assert limit("{max = 1.5}", "latency.p99.ms").max == 1.5
    assert limit('{max = "2 MMAC"}', "compute.macs").max == 2e6


def test_a_change_is_relative_with_a_percent_sign_and_absolute_without() -> None:
    assert limit('{max_increase = "2%"}').max_increase == Change(amount=0.02, relative=True)
    assert limit('{max_increase = "2 KiB"}').max_increase == Change(amount=2048, relative=False)
    points = limit('{max_decrease = "0.5 %"}', "accuracy.quantized").max_decrease
    assert points == Change(amount=0.5, relative=False), "accuracy is in percent: these are points"
    assert Change(amount=0.02, relative=True).allowed(-100) == 2


def test_the_target_wins_over_its_family_and_that_over_the_default() -> None:
    budget = parsed(
        '[default]\n"deploy.bytes" = {max = 3}\n"compute.macs" = {max = 9}\n'
        '[targets.jetson]\n"deploy.bytes" = {max = 2}\n"accuracy.drop" = {max = 1}\n'
        '[targets.jetson-nano]\n"deploy.bytes" = {max = 1}\n'
    )
    nano = {x.figure: x.max for x in budget.limits("jetson-nano", "jetson")}
    assert nano == {"deploy.bytes": 1, "compute.macs": 9, "accuracy.drop": 1}
    assert [x.max for x in budget.limits("jetson-tx2", "jetson")] == [2, 9, 1], "in the order of a report"
    assert [x.max for x in budget.limits("coral", "coral")] == [3, 9]


def test_basis_and_machine() -> None:
    one = limit('{max = 1, basis = "measured", on = "host", optional = true}')
    assert (one.basis, one.on, one.optional) == (Basis.MEASURED, "host", True)
    assert "did you mean 'measured'?" in refused('[default]\n"deploy.bytes" = {max = 1, basis = "mesured"}').hint


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("{}", "sets no limit"),
        ("{warn = 1}", "sets no limit"),
        ("{max = 1, min = 2}", "min 2 is over max 1"),
        ("{max = 1, warn = 2}", "warn 2 is over max 1"),
        ("{min = 2, warn = 1}", "warn 1 is under min 2"),
        ("{max = 3, min = 1, warn = 2}", "warn needs either max or min"),
        ("{max_increase = 1, warn = 2}", "warn needs either max or min"),
        ('{max_increase = "-2%"}', "is negative"),
        ('{max = "1 KB"}', "'KB' is no unit"),
        ('{max = "1 ms"}', "'ms' is no unit"),
        ('{max = "many"}', "is not a quantity"),
        ('{max = ""}', "is not a quantity"),
        ("{max = true}", "is not a quantity"),
        ("{max = nan}", "is not a quantity"),
        ("{max = inf}", "is not a quantity"),
        ('{max = "1e999"}', "is too large"),
        ('{max = "1e308 GiB"}', "is too large"),
        ("{max = [1]}", "is not a quantity"),
        ("{maximum = 1}", "unknown key"),
        ("{max = 1, optional = 1}", "must be bool"),
        ("7", "must be a table"),
    ],
)
def test_a_wrong_limit_is_refused_with_its_place(row: str, words: str) -> None:
    error = refused(f'[default]\n"deploy.bytes" = {row}')
    assert words in str(error)
    assert "deploy.bytes" in str(error)


def test_kb_is_refused_because_it_means_two_things() -> None:
    assert refused('[default]\n"deploy.bytes" = {max = "1 KB"}').hint == "KiB is 1024 bytes, kB is 1000"


def test_an_unknown_figure_has_the_nearest_name() -> None:
    error = refused('[targets.coral]\n"latency.p50" = {max = 1}')
    assert "targets.coral" in str(error)
    assert error.hint == "did you mean 'latency.p50.ms'?"


def test_a_name_without_quotes_is_a_nested_table_and_told_so() -> None:
    assert "in quotes" in refused("[default]\ndeploy.bytes = {max = 1}").hint


@pytest.mark.parametrize("text", ["", "[default]", "[targets.coral]"])
def test_a_budget_without_limits_is_refused(text: str) -> None:
    assert "holds no limit" in str(refused(text))


def test_not_toml_and_unknown_sections() -> None:
    refused("[default")
    assert "did you mean 'targets'?" in refused("[target.coral]").hint


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "b.toml"
    with pytest.raises(ConfigError, match="No such file"):
        load_budget(path)
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_budget(path)
    path.write_text('[default]\n"deploy.bytes" = {max = 1}', "utf-8")
    assert load_budget(path).source == str(path)


@given(st.integers(0, 2**33), st.sampled_from(["B", "kB", "MB", "KiB", "MiB"]), st.sampled_from(["", " ", "  "]))
def test_quantities_are_exact(count: int, unit: str, gap: str) -> None:
    scale = {"B": 1, "kB": 1000, "MB": 1000**2, "KiB": 1024, "MiB": 1024**2}[unit]
    assert parse_quantity(f"{count}{gap}{unit}", "B", where="x") == count * scale


@given(st.text(max_size=12))
def test_any_text_is_a_quantity_or_a_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        assert math.isfinite(parse_quantity(text, "ms", where="x"))
