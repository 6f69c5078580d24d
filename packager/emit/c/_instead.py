"""What a model can be built of where an operator has no kernel."""

from packager.emit.c._find import kernel_names
from packager.errors import did_you_mean

INSTEAD = {
    "BIDIRECTIONAL_SEQUENCE_LSTM": "two UNIDIRECTIONAL_SEQUENCE_LSTM and CONCATENATION",
    "BIDIRECTIONAL_SEQUENCE_RNN": "two UNIDIRECTIONAL_SEQUENCE_LSTM and CONCATENATION",
    "CONV_3D": "CONV_2D over each slice, and ADD",
    "CUMSUM": "FULLY_CONNECTED with a triangle of ones",
    "EMBEDDING_LOOKUP": "GATHER, where the indices are constant",
    "L2_POOL_2D": "AVERAGE_POOL_2D or MAX_POOL_2D",
    "LOCAL_RESPONSE_NORMALIZATION": "nothing: batch normalization, which folds into CONV_2D, does its work",
    "LSTM": "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "POW": "MUL, where the exponent is a small number",
    "REDUCE_PROD": "MUL",
    "REVERSE_SEQUENCE": "STRIDED_SLICE with a stride of -1",
    "RNN": "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "SQUARE": "MUL of the input with itself",
    "TOPK_V2": "ARG_MAX, for the first",
    "UNIDIRECTIONAL_SEQUENCE_RNN": "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "WHERE": "MAXIMUM, MINIMUM or MUL",
}


def instead_of(op: str) -> str:
    """Return a hint: what could replace an operator, or what has a kernel."""
    return f"replace it by {INSTEAD[op]}" if op in INSTEAD else did_you_mean(op, kernel_names())
