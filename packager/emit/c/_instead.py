"""What a model can be built of where an operator has no kernel."""

_COMPARED = "SUB, then MUL by a large constant and RELU_0_TO_1"
INSTEAD = {
    "ADD_N": "ADD, one after the other",
    "BIDIRECTIONAL_SEQUENCE_LSTM": "two UNIDIRECTIONAL_SEQUENCE_LSTM and CONCATENATION",
    "BIDIRECTIONAL_SEQUENCE_RNN": "two UNIDIRECTIONAL_SEQUENCE_LSTM and CONCATENATION",
    "CAST": "QUANTIZE or DEQUANTIZE",
    "CEIL": "ADD of a half, and QUANTIZE to a scale of 1, which rounds",
    "CONV_3D": "CONV_2D over each slice, and ADD",
    "CONV_3D_TRANSPOSE": "TRANSPOSE_CONV over each slice, and ADD",
    "COS": "MUL and ADD, as a polynomial",
    "CUMSUM": "FULLY_CONNECTED with a triangle of ones",
    "EMBEDDING_LOOKUP": "GATHER, where the indices are constant",
    "EQUAL": "SUB and ABS, then MUL by a large constant and RELU_0_TO_1, which gives 0 for equals",
    "FILL": "BROADCAST_TO of a constant",
    "FLOOR": "SUB of a half, and QUANTIZE to a scale of 1, which rounds",
    "FLOOR_DIV": "DIV",
    "FLOOR_MOD": "DIV, MUL and SUB",
    "GREATER": _COMPARED,
    "GREATER_EQUAL": _COMPARED,
    "L2_POOL_2D": "AVERAGE_POOL_2D or MAX_POOL_2D",
    "LESS": _COMPARED,
    "LESS_EQUAL": _COMPARED,
    "LOCAL_RESPONSE_NORMALIZATION": "nothing: batch normalization, which folds into CONV_2D, does its work",
    "LOGICAL_AND": "MINIMUM of 0 and 1",
    "LOGICAL_NOT": "SUB from 1",
    "LOGICAL_OR": "MAXIMUM of 0 and 1",
    "LSTM": "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "NOT_EQUAL": "SUB and ABS, then MUL by a large constant and RELU_0_TO_1",
    "POW": "MUL, where the exponent is a small number",
    "REDUCE_ALL": "REDUCE_MIN of 0 and 1",
    "REDUCE_ANY": "REDUCE_MAX of 0 and 1",
    "REDUCE_PROD": "MUL",
    "REDUCE_WINDOW": "AVERAGE_POOL_2D or MAX_POOL_2D",
    "REVERSE_SEQUENCE": "STRIDED_SLICE with a stride of -1",
    "RFFT2D": "FULLY_CONNECTED with the matrix of the transform",
    "RNN": "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "ROUND": "QUANTIZE to a scale of 1",
    "SCATTER_ND": "DYNAMIC_UPDATE_SLICE or CONCATENATION, where the places are constant",
    "SEGMENT_SUM": "FULLY_CONNECTED with a matrix of ones where a segment is",
    "SIGN": "MUL by a large constant, then RELU_N1_TO_1",
    "SIN": "MUL and ADD, as a polynomial",
    "SQUARE": "MUL of the input with itself",
    "TOPK_V2": "ARG_MAX, for the first",
    "UNIDIRECTIONAL_SEQUENCE_RNN": "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "UNSORTED_SEGMENT_SUM": "FULLY_CONNECTED with a matrix of ones where a segment is",
    "WHERE": "MAXIMUM, MINIMUM or MUL",
    "ZEROS_LIKE": "MUL by 0",
}


def instead_of(op: str) -> str:
    """Return a hint: what could replace an operator, or what to do where nothing can."""
    if op in INSTEAD:
        return f"replace it by {INSTEAD[op]}"
    return "nothing here replaces it: end the model before it with --cut-at and compute it in the program"
