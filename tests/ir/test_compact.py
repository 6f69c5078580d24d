import dataclasses
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st
from ir.tiny import float_model

from packager.ir import GraphBuilder, Residue, compact, difference, read_tflite_bytes, verify, write_tflite


def test_nothing_to_drop_changes_nothing() -> None:
    assert difference(float_model(), compact(float_model())) is None


@given(st.lists(st.integers(0, 4), max_size=5))
def test_orphans_are_dropped_wherever_they_are(places: list[int]) -> None:
    b = GraphBuilder()
    t = b.input("x", (1, 2))
    for step in range(5):
        for _ in range(places.count(step)):
            b.tensor("orphan", (7,))
        t = b.op("TANH", [t], (1, 2), name=f"step_{step}")
    smaller = compact(b.model([t]))
    assert [x.name for x in smaller.main.tensors] == ["x", *(f"step_{i}" for i in range(5))]
    assert list(verify(smaller)) == []
    assert smaller.signatures[0].outputs == (("step_4", 5),)
    assert difference(smaller, read_tflite_bytes(write_tflite(smaller))) is None


def test_absent_inputs_stay_absent() -> None:
    assert compact(float_model()).main.nodes[2].inputs[2] == -1


def test_intermediate_tensors_are_kept_and_renumbered() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 2))
    b.tensor("orphan", (1,))
    scratch = b.tensor("scratch", (1, 2))
    y = b.op("TANH", [x], (1, 2))
    model = b.model([y])
    residue = Residue(fields=MappingProxyType({"intermediates": (scratch,)}))
    node = dataclasses.replace(model.main.nodes[0], residue=residue)
    smaller = compact(model.with_main(dataclasses.replace(model.main, nodes=(node,))))
    assert [t.name for t in smaller.main.tensors] == ["x", "scratch", "tanh_0"]
    kept = smaller.main.nodes[0].residue
    assert kept is not None
    assert kept.fields["intermediates"] == (1,)
