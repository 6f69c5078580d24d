"""Factors on the estimates: learned, written, read back, used."""

import json
from pathlib import Path

import pytest
from emit.hls.making import PART, Net, q

from packager.emit.hls import design_for
from packager.errors import ConfigError
from packager.plan.fpga_estimate import Cost, Factors
from packager.plan.fpga_fit import fit_text, learn, read_fit

ROWS = [
    {"process": "run_a", "kind": "matrix", "lut": 100, "ff": 100},
    {"process": "run_b", "kind": "matrix", "lut": 300, "ff": 100},
    {"process": "run_c", "kind": "window", "lut": 100, "ff": 0},
    {"process": "run_d", "kind": "send", "lut": 50, "ff": 50},
]
REPORTS = {
    "run_a": {"lut": 300.0, "ff": 50.0},
    "run_b": {"lut": 500.0, "ff": 50.0},
    "run_c": {"lut": 50.0, "ff": 10.0},
}


def test_each_kind_has_a_factor_and_the_band_holds_every_process() -> None:
    fit = learn(ROWS, REPORTS, "a test")
    assert fit.factors == {"matrix": Factors(lut=2.0, ff=0.5), "window": Factors(lut=0.5, ff=1.0)}
    assert fit.others == Factors(lut=850 / 500, ff=110 / 200)
    low, high = fit.band
    assert low <= 500 / 600 <= 1 <= 300 / 200 <= high
    assert fit.applied("matrix", Cost(lut=10, ff=10, dsp=3, bram18=2)) == Cost(lut=20, ff=5, dsp=3, bram18=2)
    assert fit.applied("softmax", Cost(lut=10)) == Cost(lut=17)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    fit = learn(ROWS, REPORTS, "a test")
    (path := tmp_path / "fit.json").write_text(fit_text(fit), encoding="utf-8")
    again = read_fit(path)
    assert (again.factors, again.source) == (fit.factors, fit.source)
    assert again.band == pytest.approx(fit.band, abs=1e-4)


def test_reports_of_other_designs_teach_nothing() -> None:
    with pytest.raises(ConfigError, match="nothing to learn from"):
        learn(ROWS, {"run_z": {"lut": 1.0, "ff": 1.0}}, "a test")


@pytest.mark.parametrize(
    "change", [{"band": [1.2, 2.0]}, {"band": [1]}, {"others": {"lut": 0, "ff": 1}}, {"kinds": {"matrix": {"lut": 1}}}]
)
def test_a_damaged_file_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    document = json.loads(fit_text(learn(ROWS, REPORTS, "a test")))
    (path := tmp_path / "fit.json").write_text(json.dumps(document | change), encoding="utf-8")
    with pytest.raises(ConfigError, match="no file of factors"):
        read_fit(path)
    with pytest.raises(ConfigError, match="No such file"):
        read_fit(tmp_path / "none.json")


def test_a_design_is_folded_by_what_was_learned() -> None:
    net = Net()
    model = net.model(net.conv(net.input((8, 8, 16), q(0.1)), 16, (3, 3)))
    plain = design_for(model, PART)
    dear = design_for(model, PART, fit=learn([ROWS[0]], {"run_a": {"lut": 2000.0, "ff": 100.0}}, "a test"))
    assert dear.fit.applied("matrix", Cost(lut=1)) == Cost(lut=20)
    assert dear.interval > plain.interval
