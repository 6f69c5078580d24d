"""Verdicts of every status, one with a layer to blame and one with a hostile name."""

import dataclasses

from report.sample import SAMPLE, changed, with_figure

from packager.config.budget import parse_budget
from packager.report.check import check
from packager.report.gates import Checked

BUDGET = """
[default]
"deploy.bytes" = {max = "61 KiB", warn = "50 KiB", max_increase = "1%"}
"accuracy.drop" = {max = 1.0}
"energy.mj" = {max = 1, optional = true}
"fpga.dsp" = {max = 1}
"""
HOSTILE = 'c,1:%25 |`"\r\n::error ::x<b>\x1b'


def checked(name: str = HOSTILE) -> Checked:
    before = changed(SAMPLE, layers=(dataclasses.replace(SAMPLE.layers[0], name=name, bytes=0), *SAMPLE.layers[1:]))
    after = changed(SAMPLE, layers=(dataclasses.replace(SAMPLE.layers[0], name=name), *SAMPLE.layers[1:]))
    before = with_figure(before, "deploy.bytes", value=58_112)
    return Checked(
        bundle="dist/kws",
        target="raspberrypi-4",
        verdicts=check(after, parse_budget(BUDGET, source="b.toml"), before),
    )
