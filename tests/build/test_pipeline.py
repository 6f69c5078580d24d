"""The shipped example, built as a user builds it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from packager.build import BuildResult, build
from packager.bundle import extract, read_manifest, verify_files
from packager.config.request import BuildRequest
from packager.errors import BudgetExceededError, ConfigError, UnsupportedError
from packager.ir import DType, GraphBuilder, read_tflite, write_tflite

DIGITS = Path(__file__).parents[2] / "examples" / "digits"


def request(out: Path, *targets: str, **changes: object) -> BuildRequest:
    asked: dict[str, object] = {
        "model": DIGITS / "digits.tflite",
        "calibration": str(DIGITS / "calibration.npz"),
        "measure": False,
        **changes,
    }
    return BuildRequest(targets=targets, out=out, **asked)  # type: ignore[arg-type]  # a test's shorthand


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    out = tmp_path_factory.mktemp("dist")
    return build(request(out, "host", "jetson", eval=DIGITS / "evaluation.npz"))


def test_each_bundle_holds_what_its_manifest_says(built: BuildResult) -> None:
    for bundle in built.bundles:
        assert verify_files(bundle.path) == ()
        manifest = read_manifest(bundle.path)
        assert manifest.origin.source == "digits.tflite"
        assert {"model", "runtime", "golden", "report"} <= {record.role for record in manifest.files}


def test_accuracy_is_that_of_the_artifact_itself(built: BuildResult) -> None:
    host, jetson = (bundle.report for bundle in built.bundles)
    for report, engine in ((host, "litert"), (jetson, "onnxruntime")):
        (accuracy,) = report.named("accuracy.quantized")
        assert engine in accuracy.source
        assert accuracy.value > 98
    (drop,) = host.named("accuracy.drop")
    assert abs(drop.value) <= 0.5


def test_the_integer_model_is_integer_throughout(built: BuildResult) -> None:
    model = read_tflite(built.bundles[0].path / "model" / "model.tflite")
    assert not [t.name for t in model.main.tensors if t.type.dtype.is_float]
    assert [t.dtype for t in (*model.input_types(), *model.output_types())] == [DType.INT8, DType.INT8]


def test_golden_outputs_come_from_litert_and_from_the_reference(built: BuildResult) -> None:
    folder = built.bundles[0].path
    golden = json.loads((folder / "golden" / "golden.json").read_text("utf-8"))
    assert set(golden["engines"]) == {"litert-default", "numpy-xnnpack"}
    assert len(golden["layers"]) == len(read_tflite(folder / "model" / "model.tflite").main.nodes)
    litert, numpy_ = (np.load(folder / golden["engines"][e]["outputs"][0]) for e in sorted(golden["engines"]))
    assert litert.shape == (golden["count"], 10)
    np.testing.assert_array_equal(litert, numpy_)


def test_two_builds_are_the_same_to_the_byte(built: BuildResult, tmp_path: Path) -> None:
    again = build(request(tmp_path, "host", "jetson", eval=DIGITS / "evaluation.npz"))
    for first, second in zip(built.bundles, again.bundles, strict=True):
        assert first.digest == second.digest
        assert first.archive.read_bytes() == second.archive.read_bytes()


def test_an_archive_extracts_to_the_bundle(built: BuildResult, tmp_path: Path) -> None:
    folder = extract(built.bundles[0].archive, tmp_path)
    assert read_manifest(folder) == read_manifest(built.bundles[0].path)


def test_times_lie_beside_the_bundle_and_not_in_it(tmp_path: Path) -> None:
    (bundle,) = build(request(tmp_path, "host", measure=True)).bundles
    measured = json.loads((tmp_path / f"{bundle.path.name}.measured.json").read_text("utf-8"))
    assert "latency.p50.ms" in {figure["name"] for figure in measured["figures"]}
    assert not [f for f in json.loads((bundle.path / "report.json").read_bytes())["figures"] if f["unit"] == "ms"
                and f["basis"] == "measured"]  # fmt: skip
    assert "latency.p50.ms" in {f.name for f in bundle.report.figures if f.basis == "measured"}


def test_random_calibration_is_marked_untrusted(tmp_path: Path) -> None:
    result = build(request(tmp_path, "host", calibration="random"))
    assert result.bundles[0].report.trusted is False
    assert any("untrusted" in note.message for note in result.notes)


def test_a_budget_that_is_exceeded_stops_with_its_name(tmp_path: Path) -> None:
    budget = tmp_path / "budget.toml"
    budget.write_text('[default]\n"artifact.bytes" = {max = "1 KiB"}\n', encoding="utf-8")
    result = build(request(tmp_path / "dist", "host", budget=budget))
    with pytest.raises(BudgetExceededError, match=r"host: artifact\.bytes"):
        result.gate()


def test_without_calibration_it_says_how_to_give_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs calibration data") as caught:
        build(request(tmp_path / "dist", "host", calibration=""))
    assert "--calibration" in caught.value.hint
    assert not (tmp_path / "dist").exists()


def test_an_unknown_target_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no target named 'jetsn'") as caught:
        build(request(tmp_path / "dist", "host", "jetsn"))
    assert "jetson" in caught.value.hint
    assert not (tmp_path / "dist").exists()


def test_a_directory_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "digits-0.1.0-host"
    other.mkdir()
    (other / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"digits-0\.1\.0-host"):
        build(request(tmp_path, "host"))
    assert [p.name for p in other.iterdir()] == ["thesis.txt"]


def test_every_target_that_refuses_is_named_before_anything_is_written(tmp_path: Path) -> None:
    builder = GraphBuilder()
    x = builder.input("x", (1, 4))
    model = tmp_path / "sine.tflite"
    model.write_bytes(write_tflite(builder.model([builder.op("SIN", [x], (1, 4), name="wave")])))
    with pytest.raises(UnsupportedError, match="SIN"):
        build(request(tmp_path / "dist", "jetson", "fpga", model=model, calibration="random"))
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize("keep", [0, 7, 100, 4000, -1])
def test_a_truncated_model_is_refused_in_one_line(tmp_path: Path, keep: int) -> None:
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes((DIGITS / "digits.tflite").read_bytes()[:keep])
    with pytest.raises(UnsupportedError, match=r"damaged\.tflite") as caught:
        build(request(tmp_path / "dist", "host", model=damaged))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "dist").exists()


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    def interrupt(step: str) -> None:
        if step.endswith("running the artifact"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(request(tmp_path / "dist", "host"), interrupt)
    assert not (tmp_path / "dist").exists()


def test_a_bundle_is_replaced_by_the_next_build(tmp_path: Path) -> None:
    first = build(request(tmp_path, "host")).bundles[0]
    digest = first.digest
    shutil.copy(first.path / "manifest.json", tmp_path / "manifest.before")
    second = build(request(tmp_path, "host", inputs="uint8", outputs="uint8")).bundles[0]
    assert second.path == first.path
    assert second.digest != digest


def test_a_build_ends_at_the_tensor_that_it_was_told(tmp_path: Path) -> None:
    whole = read_tflite(DIGITS / "digits.tflite").main
    name = whole.node_name(len(whole.nodes) - 3)
    (bundle,) = build(request(tmp_path, "coral", cut_at=(name,))).bundles
    model = read_tflite(bundle.path / "model" / "model.tflite")
    assert model.output_names() == (name,)
    assert len(model.main.nodes) < len(whole.nodes)
    assert any("the graph ends at" in note.message for note in bundle.report.diagnostics)
    with pytest.raises(ConfigError, match="no tensor named"):
        build(request(tmp_path / "no", "coral", cut_at=("nowhere",)))
