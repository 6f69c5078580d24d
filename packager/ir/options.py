"""Values that operators' options take, as TFLite's schema numbers them.

Options are kept under the names of the schema (``stride_h``, ``fused_activation_function``); these enums give the
numbers their meaning and compare equal to them.
"""

import enum


class Padding(enum.IntEnum):
    SAME = 0
    VALID = 1


class Activation(enum.IntEnum):
    """Fused activation functions."""

    NONE = 0
    RELU = 1
    RELU_N1_TO_1 = 2
    RELU6 = 3
    TANH = 4
    SIGN_BIT = 5


class MirrorMode(enum.IntEnum):
    REFLECT = 0
    SYMMETRIC = 1
