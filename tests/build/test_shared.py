"""Boards of one compiler or one TensorRT: what they have in common is made once, and is what each alone gets."""

from pathlib import Path

import pytest
from compress.building import request

from packager.build import build, pipeline
from packager.build.examine import Examined, examine
from packager.config.samples import Samples
from packager.families import Job, Product

BOARDS = ("coral-usb", "coral-dev-board", "jetson-orin-nano", "jetson-agx-orin", "jetson-agx-xavier")


@pytest.mark.slow
def test_together_they_get_what_each_gets_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[str] = []

    def counted(job: Job, product: Product, samples: Samples | None) -> Examined:
        run.append(job.profile.name)
        return examine(job, product, samples)

    monkeypatch.setattr(pipeline, "examine", counted)
    monkeypatch.setattr("packager.build.vendor.with_compiled", lambda _, product: product)  # seconds, and not shared
    (tmp_path / "all").mkdir()
    made = build(request(tmp_path / "all", prune="", targets=BOARDS))
    together = {bundle.target: bundle.digest for bundle in made.bundles}
    assert len(run) == 3, "one run for Coral, one for TensorRT 10, one for 8"
    for board in ("coral-dev-board", "jetson-agx-orin"):
        (tmp_path / board).mkdir()
        (alone,) = build(request(tmp_path / board, prune="", targets=(board,))).bundles
        assert alone.digest == together[board]
