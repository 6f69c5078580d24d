import pytest

from packager.config.profile import Memory, Profile, load_profile
from packager.errors import Diagnostic, Severity
from packager.figure import Place
from packager.ir import DType, GraphBuilder, Model, QuantParams
from packager.report.placement import place, unless_refused


def network(*, custom: bool = False) -> Model:
    """An int8 sigmoid, then an operator that only a CPU has."""
    b = GraphBuilder()
    x = b.input("x", (1, 8), DType.INT8, QuantParams.per_tensor(0.5, 3))
    quant = QuantParams.per_tensor(1 / 256, -128)
    y = b.op("LOGISTIC", [x], (1, 8), name="sigmoid", dtype=DType.INT8, quant=quant, version=2)
    if custom:
        z = b.tensor("odd", (1, 8), DType.INT8, quant)
        b.node("CUSTOM", [y], [z])
        return b.model([z])
    z = b.op("BITCAST", [y], (1, 8), options="BitcastOptions", name="odd", dtype=DType.INT8, quant=quant)
    return b.model([z])


@pytest.mark.parametrize(("target", "home"), [("coral", Place.TPU), ("jetson", Place.GPU), ("fpga", Place.FPGA)])
def test_an_accelerator_takes_the_sigmoid_and_not_the_rest(target: str, home: Place) -> None:
    found = place(network(), load_profile(target))
    first = found.special.get(0, (found.default, ""))
    odd = found.special[1]
    assert first[0] is home
    assert odd[0] in (Place.CPU, Place.UNCERTAIN)
    assert odd[1], "with the reason"


def test_a_cpu_runs_all_but_custom_operators() -> None:
    assert place(network(), load_profile("host")).special == {}
    found = place(network(custom=True), load_profile("raspberrypi"))
    assert (found.default, found.special[1][0]) == (Place.CPU, Place.UNCERTAIN)
    assert "library" in found.special[1][1]


def test_every_shipped_family_has_a_module() -> None:
    from packager.config.profile import profile_names

    for name in profile_names():
        assert place(network(), load_profile(name)).default is not Place.UNCERTAIN, name


def test_of_an_unknown_family_nothing_is_known() -> None:
    for family in ("abacus", "../x", "__init__"):
        profile = Profile(name="x", family=family, title="X", recipe="r", memory=Memory(ram_bytes=1))
        assert place(network(), profile).default is Place.UNCERTAIN


def test_a_refusal_of_the_whole_model_is_a_finding() -> None:
    graph = network().main
    whole = Diagnostic(severity=Severity.ERROR, message="too large")
    part = Diagnostic(severity=Severity.ERROR, message="no template", where=graph.where(1))
    found = unless_refused(graph, Place.FPGA, (whole, part))
    assert found.findings == (whole,)
    assert found.special == {1: (Place.UNCERTAIN, "no template")}
