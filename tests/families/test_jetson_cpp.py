"""The C++ runner, compiled against stand-ins for TensorRT's and CUDA's headers in both forms, and run."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from families.making import dense_model, float_source, job, unpack

from packager.families.jetson import FAMILY

CUDA = """
#pragma once
#include <cstdlib>
#include <cstring>
enum cudaError_t { cudaSuccess = 0, cudaErrorUnknown = 999 };
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };
inline cudaError_t cudaMalloc(void **p, size_t n) { *p = std::malloc(n); return *p ? cudaSuccess : cudaErrorUnknown; }
inline cudaError_t cudaFree(void *p) { std::free(p); return cudaSuccess; }
inline cudaError_t cudaMemcpy(void *to, const void *from, size_t n, cudaMemcpyKind) {
    std::memcpy(to, from, n);
    return cudaSuccess;
}
inline cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
inline const char *cudaGetErrorString(cudaError_t) { return "unknown"; }
"""
COMMON = """
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#define NV_TENSORRT_MAJOR %(major)s
#define NV_TENSORRT_MINOR %(minor)s
namespace nvinfer1 {
struct ILogger {
    enum class Severity : int32_t { kINTERNAL_ERROR = 0, kERROR = 1, kWARNING = 2, kINFO = 3, kVERBOSE = 4 };
    virtual void log(Severity severity, char const *message) noexcept = 0;
    virtual ~ILogger() = default;
};
struct Dims { int32_t nbDims; %(size)s d[8]; };
enum class DataType : int32_t { kFLOAT = 0, kHALF = 1, kINT8 = 2 };
enum class TensorIOMode : int32_t { kNONE = 0, kINPUT = 1, kOUTPUT = 2 };
struct IExecutionContext {
    bool executeV2(void *const *bindings) noexcept {
        auto const *x = static_cast<float const *>(bindings[0]);
        auto *y = static_cast<float *>(bindings[1]);
        for (int i = 0; i < 2; ++i) {
            y[i] = 0;
            for (int k = 0; k < 3; ++k) y[i] += static_cast<float>(3 * i + k + 1) * x[k];
        }
        return true;
    }
};
struct ICudaEngine {
    IExecutionContext *createExecutionContext() noexcept { return new IExecutionContext(); }
%(questions)s
};
struct IRuntime {
    ICudaEngine *deserializeCudaEngine(void const *blob, std::size_t size) noexcept {
        return size == 9 && std::memcmp(blob, "an engine", 9) == 0 ? new ICudaEngine() : nullptr;
    }
};
inline IRuntime *createInferRuntime(ILogger &logger) {
    logger.log(ILogger::Severity::kINFO, "not shown");
    return new IRuntime();
}
} // namespace nvinfer1
"""
NAMED = """
    int32_t getNbIOTensors() const noexcept { return 2; }
    char const *getIOTensorName(int32_t i) const noexcept { return i ? "y" : "x"; }
    TensorIOMode getTensorIOMode(char const *n) const noexcept {
        return *n == 'x' ? TensorIOMode::kINPUT : TensorIOMode::kOUTPUT;
    }
    Dims getTensorShape(char const *n) const noexcept { return {2, {1, *n == 'x' ? 3 : 2}}; }
    DataType getTensorDataType(char const *) const noexcept { return DataType::kFLOAT; }
"""
NUMBERED = """
    int32_t getNbBindings() const noexcept { return 2; }
    char const *getBindingName(int32_t i) const noexcept { return i ? "y" : "x"; }
    bool bindingIsInput(int32_t i) const noexcept { return i == 0; }
    Dims getBindingDimensions(int32_t i) const noexcept { return {2, {1, i ? 2 : 3}}; }
    DataType getBindingDataType(int32_t) const noexcept { return DataType::kFLOAT; }
"""
RELEASES = {
    "8.2": {"major": 8, "minor": 2, "size": "int32_t", "questions": NUMBERED},
    "8.5": {"major": 8, "minor": 5, "size": "int32_t", "questions": NAMED},
    "10.3": {"major": 10, "minor": 3, "size": "int64_t", "questions": NAMED},
}


class Program:
    def __init__(self, folder: Path, release: str) -> None:
        compiler = shutil.which("g++") or shutil.which("c++")
        if compiler is None:
            pytest.skip("no C++ compiler (g++) to compile infer.cpp with")
        bundle = unpack(FAMILY.emit(job("jetson", float_source(dense_model()))), folder / "bundle")
        (folder / "NvInfer.h").write_text(COMMON % RELEASES[release], encoding="utf-8")
        (folder / "cuda_runtime_api.h").write_text(CUDA, encoding="utf-8")
        (folder / "engine").write_text("an engine", encoding="utf-8")
        source, self.path, self.folder = bundle / "runtime" / "infer.cpp", folder / "infer", folder
        flags = ["-std=c++14", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-fsanitize=address,undefined"]
        subprocess.run([compiler, *flags, "-I", folder, source, "-o", self.path], check=True)

    def __call__(self, *words: str) -> "subprocess.CompletedProcess[str]":
        # The stand-ins' objects are as TensorRT's: the runner deletes them, so a leak is the runner's.
        return subprocess.run([self.path, *words], cwd=self.folder, capture_output=True, check=False, encoding="utf-8")


@pytest.fixture(scope="module", params=RELEASES)
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Program:
    return Program(tmp_path_factory.mktemp("cpp"), request.param)


def test_it_feeds_the_engine_and_writes_what_comes_back(program: Program) -> None:
    np.save(program.folder / "x.npy", np.array([1, 2, 3], np.float32))
    done = program("engine", "x.npy", "-o", "out")
    assert (done.returncode, done.stdout, done.stderr) == (0, "y: 1 (32), 0 (14)\n", "")
    assert np.load(program.folder / "out0.npy").tolist() == [[14, 32]]


def test_it_times_the_engine(program: Program) -> None:
    done = program("engine", "--benchmark", "20")
    assert (done.returncode, "latency ms over 20 runs: p50" in done.stdout) == (0, True)


def test_it_explains_what_it_can_not_do(program: Program) -> None:
    np.save(program.folder / "x.npy", np.zeros(3, np.float32))
    np.save(program.folder / "four.npy", np.zeros(4, np.float32))
    np.save(program.folder / "double.npy", np.zeros(3))
    (program.folder / "text.npy").write_text("no array, and longer than that", encoding="utf-8")
    (program.folder / "short.npy").write_bytes((program.folder / "x.npy").read_bytes()[:20])
    (program.folder / "old").write_text("old", encoding="utf-8")
    for words, code, why in [
        ((), 2, "usage: infer"),
        (("engine",), 2, "usage: infer"),
        (("nowhere", "x.npy"), 1, "nowhere: can't be read"),
        (("old", "x.npy"), 1, "build_engine.sh builds it again"),
        (("engine", "four.npy"), 1, "four.npy: the engine takes x 1x3"),
        (("engine", "double.npy"), 1, "must be float32"),
        (("engine", "text.npy"), 1, "no .npy file"),
        (("engine", "short.npy"), 1, "cut short"),
        (("engine", "x.npy", "x.npy"), 1, "the engine has 1 inputs"),
        (("engine", "x.npy", "-o", "no/such/folder/out"), 1, "can't be written"),
    ]:
        done = program(*words)
        assert (done.returncode, why in done.stderr) == (code, True), (words, done.stderr)


def test_the_build_file_builds(program: Program) -> None:
    cmake, archiver = shutil.which("cmake"), shutil.which("ar")
    if cmake is None or archiver is None:
        pytest.skip("no cmake and ar to build with CMakeLists.txt")
    runtime, build = program.folder / "bundle" / "runtime", program.folder / "build"
    library = program.folder / "libnothing.a"  # the stand-ins are headers alone
    library.unlink(missing_ok=True)
    subprocess.run([archiver, "rcs", library], check=True)
    places = [f"-DTENSORRT_INCLUDE={program.folder}", f"-DCUDA_INCLUDE={program.folder}"]
    places += [f"-DTENSORRT_LIBRARY={library}", f"-DCUDA_LIBRARY={library}"]
    subprocess.run([cmake, "-S", runtime, "-B", build, *places], check=True, capture_output=True)
    subprocess.run([cmake, "--build", build], check=True, capture_output=True)
    done = subprocess.run([build / "infer"], capture_output=True, check=False, encoding="utf-8")
    assert "usage: infer" in done.stderr
