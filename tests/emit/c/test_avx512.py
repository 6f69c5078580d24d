"""The kernels for AVX-512 VNNI on any CPU: SIMDe computes their instructions in plain C, to the bit.

Whether a CPU that has them gives the same is what `test_kernels.py` and `test_models.py` show where there is one.
"""

import platform
import subprocess
from pathlib import Path

import pytest
from emit.c.making import check, together
from emit.c.test_kernels import TABLES
from emit.c.test_zeros import FORMS, ZEROS, forced
from ops.convolving import Case, convolution, dense, depthwise

from packager.measure.c import compiler
from packager.ops import ARITHMETICS

HEADER = Path(__file__).with_name("avx512.h")
PRODUCTS = [(n, c) for c in (5, 16, 32, 47, 64, 100, 128) for n in (1, 2, 3, 4, 5, 7, 9, 11, 13, 25)]
EDGES = {
    **{f"pointwise-{n}-{c}": convolution(Case(shape=(1, 1, n, 8), kernel=(1, 1), channels=c)) for n, c in PRODUCTS},
    **{f"rows-{n}-{c}": dense(Case(shape=(n, 37), channels=c)) for n, c in PRODUCTS},
    "narrow-stride": depthwise(Case(shape=(1, 9, 9, 16), stride=(2, 2))),
    "wide": depthwise(Case(shape=(1, 5, 6, 72))),
    "wide-stride": depthwise(Case(shape=(1, 7, 8, 65), stride=(2, 1))),
    "half": depthwise(Case(shape=(2, 5, 9, 32))),
    "first": convolution(Case(shape=(1, 11, 13, 3), kernel=(3, 3), stride=(2, 2), channels=8)),
    "one-channel": convolution(Case(shape=(1, 12, 9, 1), kernel=(10, 4), stride=(2, 2), channels=64)),
}
"""Where tiles of each width end, and vectors that are alone."""
EMULATED = ("-std=gnu99", "-O1", "-include", str(HEADER))


@pytest.fixture(scope="module")
def simde() -> None:
    """Skip where SIMDe is not installed."""
    if platform.machine() != "x86_64" or not compiler():
        pytest.skip("no C compiler for x86-64 is here")
    command = [*compiler(), "-E", "-x", "c", "-include", "simde/x86/avx512.h", "/dev/null"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("SIMDe, Debian's libsimde-dev, is not here")


@pytest.mark.slow
@pytest.mark.usefixtures("simde")
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_kernels_for_avx512_compute_the_integers(arithmetic: str, tmp_path: Path) -> None:
    tables = ("conv_2d", "depthwise_conv_2d", "fully_connected", "transpose_conv")
    models = {f"{table}/{name}": model for table in tables for name, model in TABLES[table].items()}
    check(together({**models, **EDGES}), arithmetic, tmp_path, flags=EMULATED)


@pytest.mark.slow
@pytest.mark.usefixtures("simde")
@pytest.mark.parametrize("form", FORMS)
def test_weights_without_zeros_are_filled_in(form: str, tmp_path: Path) -> None:
    check(together(ZEROS), "xnnpack", tmp_path, flags=EMULATED, target=forced(form))
