"""The intermediate representation: a faithful, immutable view of a TFLite file.

Everything a pass, a planner or an emitter works on is one of these nouns; import them from here.
"""

from packager.ir.builder import GraphBuilder
from packager.ir.compact import compact
from packager.ir.compare import difference
from packager.ir.dtype import DType
from packager.ir.model import ABSENT, Graph, Model, Node, Residue, Signature, Tensor, frozen
from packager.ir.options import Activation, MirrorMode, Padding
from packager.ir.quant import QuantParams
from packager.ir.reader import read_tflite, read_tflite_bytes
from packager.ir.types import TensorType
from packager.ir.verify import verify
from packager.ir.writer import write_tflite

__all__ = [
    "ABSENT",
    "Activation",
    "DType",
    "Graph",
    "GraphBuilder",
    "MirrorMode",
    "Model",
    "Node",
    "Padding",
    "QuantParams",
    "Residue",
    "Signature",
    "Tensor",
    "TensorType",
    "compact",
    "difference",
    "frozen",
    "read_tflite",
    "read_tflite_bytes",
    "verify",
    "write_tflite",
]
