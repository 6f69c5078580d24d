"""The script that builds the engine and the one that asks it for the file, with a stand-in for trtexec."""

import subprocess
import sys
from pathlib import Path

import pytest
from families.jetson_device import OLD, Device


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path)


def test_the_engine_is_built_once_and_found_again(device: Device) -> None:
    first, second = device.build(), device.build()
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout == second.stdout
    engine = Path(first.stdout.strip())
    assert engine.read_text(encoding="utf-8") == "an engine"
    assert engine.name.startswith("NVIDIA-Orin-Nano--trt100300-")
    (asked,) = device.asked()
    assert {"--int8", "--fp16", "--skipInference"} < set(asked)
    assert any(word.startswith("--memPoolSize=workspace:") for word in asked)
    assert any(word.startswith("--timingCacheFile=") for word in asked)
    assert any(word.startswith("--onnx=") and word.endswith("/model/model.onnx") for word in asked)
    assert sorted(p.suffix for p in device.cache.iterdir()) == [".engine", ".log"]


def test_an_old_trtexec_gets_its_own_options(device: Device) -> None:
    device.install(number="8201", options=OLD)
    assert device.build(EDGEPACK_WORKSPACE_MIB="256").returncode == 0
    (asked,) = device.asked()
    assert {"--workspace=256", "--buildOnly"} < set(asked)


def test_the_engine_is_built_anew_when_anything_it_hangs_on_changes(device: Device) -> None:
    engines = [device.build().stdout]
    engines.append(device.build(EDGEPACK_BOARD="another").stdout)
    engines.append(device.build("--useDLACore=0").stdout)
    engines.append(device.build(EDGEPACK_WORKSPACE_MIB="64").stdout)
    device.install(number="100400")
    engines.append(device.build().stdout)
    (device.bundle / "model" / "model.onnx").write_bytes(b"another model")
    engines.append(device.build().stdout)
    assert len(set(engines)) == len(device.asked()) == 6
    assert "--useDLACore=0" in device.asked()[2]


def test_the_dla_is_an_option_of_its_own_engine(tmp_path: Path) -> None:
    device = Device(tmp_path, "jetson-orin-nx", "float16")
    plain, on_dla = device.build().stdout, device.build(EDGEPACK_DLA_CORE="1").stdout
    assert plain != on_dla
    assert not [word for word in device.asked()[0] if "DLA" in word]
    assert {"--useDLACore=1", "--allowGPUFallback", "--fp16"} < set(device.asked()[1])


@pytest.mark.parametrize(
    ("target", "scheme", "why"),
    [("jetson-orin-nano", "float16", "has no DLA"), ("jetson-orin-nx", "int8", "takes no Q/DQ")],
)
def test_a_dla_that_can_not_help_is_refused(tmp_path: Path, target: str, scheme: str, why: str) -> None:
    done = Device(tmp_path, target, scheme).build(EDGEPACK_DLA_CORE="0")
    assert (done.returncode, why in done.stderr, done.stdout) == (1, True, "")


def test_too_little_memory_is_said_before_the_build(device: Device) -> None:
    assert "add swap" in device.build(EDGEPACK_WORKSPACE_MIB="99999999").stderr
    assert "add swap" not in device.build(EDGEPACK_WORKSPACE_MIB="1").stderr


def test_the_benchmark_asks_trtexec_for_its_files(device: Device) -> None:
    def run() -> "subprocess.CompletedProcess[str]":
        command = ["sh", str(device.bundle / "runtime" / "benchmark.sh"), "--useSpinWait"]
        return subprocess.run(
            command, env=device.environment, capture_output=True, check=False, cwd=device.root, encoding="utf-8"
        )

    assert (run().stdout, run().returncode) == ("times.json profile.json\n", 0)
    asked = device.asked()[-1]
    assert {"--exportTimes=times.json", "--exportProfile=profile.json", "--separateProfileRun", "--useSpinWait"} < set(
        asked
    )
    assert f"--loadEngine={device.build().stdout.strip()}" in asked
    device.install(then="echo 'no GPU'; exit 3")
    assert (run().returncode, "no GPU" in run().stderr) == (1, True)


def test_a_build_that_fails_says_why_and_leaves_no_engine(device: Device) -> None:
    device.install(then="echo 'Error: out of memory' >&2; exit 1")
    done = device.build()
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Error: out of memory" in done.stderr
    assert "trtexec failed; all it said is in" in done.stderr
    assert [p.suffix for p in device.cache.iterdir()] == [".log"]
    device.install()
    assert device.build().returncode == 0


def test_a_trtexec_that_writes_nothing_is_caught(device: Device) -> None:
    device.install(then='for word in "$@"; do case $word in --saveEngine=*) rm "${word#--saveEngine=}" ;; esac; done')
    done = device.build()
    assert done.returncode == 1
    assert "wrote no engine" in done.stderr


def test_what_is_missing_is_named(device: Device) -> None:
    assert "no trtexec" in device.build(TRTEXEC=str(device.root / "nowhere")).stderr
    device.install(number="")
    assert "does not say which TensorRT" in device.build().stderr
    (device.bundle / "model" / "model.onnx").unlink()
    assert "keep runtime/ and model/ side by side" in device.build().stderr


def test_python_gets_the_engine_from_the_same_script(device: Device) -> None:
    command = [sys.executable, str(device.bundle / "runtime" / "build_engine.py")]
    done = subprocess.run(command, env=device.environment, capture_output=True, check=False, encoding="utf-8")
    assert done.stdout == device.build().stdout
    device.install(number="100400", then="exit 3")
    done = subprocess.run(command, env=device.environment, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 1
    assert "build_engine.sh failed" in done.stderr
    assert "Traceback" not in done.stderr
