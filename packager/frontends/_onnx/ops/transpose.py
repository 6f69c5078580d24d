from packager.frontends._onnx.graph import OnnxNode
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import LAST, PLAIN, Value, permuted, to_last


def lower(to: Lowering, node: OnnxNode) -> None:
    """Transpose, or do nothing where the stored order already is one that the output may have."""
    x, name = to.value(node.inputs[0]), node.outputs[0]
    x = to.plain(x) if x.layout.image else x
    order = node.ints("perm", tuple(reversed(range(x.rank))))
    stored = tuple(x.axis(a) for a in order)  # where each of the output's axes lies now
    shape, identity = to.graph.shape(name), tuple(range(x.rank))
    if x.rank > 2 and permuted(stored, to_last(x.rank)) == identity:
        to.set(name, Value(tensor=x.tensor, shape=shape, layout=LAST, non_negative=x.non_negative))
        return
    tensor = x.tensor if stored == identity else to.transpose(x.tensor, stored)
    to.set(name, Value(tensor=tensor, shape=shape, layout=PLAIN, non_negative=x.non_negative))
