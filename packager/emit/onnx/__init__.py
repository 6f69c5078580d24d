"""ONNX for TensorRT: NCHW inside, explicit Q/DQ, bytes that repeat."""

from packager.emit.onnx.translate import MIN_OPSET, Emitted, emit_onnx, missing_ranges, translate, unsupported

__all__ = ["MIN_OPSET", "Emitted", "emit_onnx", "missing_ranges", "translate", "unsupported"]
