"""onnxruntime as everything here runs it: the same numbers each time, and those that the graph asks for."""

from typing import Any


def session_options() -> Any:
    """Return options of a session: silent, one thread, so that sums have one order, and exact products of int8.

    On x86 CPUs without VNNI onnxruntime otherwise adds pairs of 8-bit products in 16 bits, where they saturate: in a
    product of 2 by 4 by 6 with Q/DQ, 3 of 12 outputs were off, by up to 0.35.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.x64quantprecision", "1")
    return options
