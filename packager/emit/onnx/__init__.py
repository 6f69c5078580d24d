"""ONNX for TensorRT: NCHW inside, explicit Q/DQ, bytes that repeat."""

from packager.emit.onnx.translate import emit_onnx, missing_ranges, unsupported

__all__ = ["emit_onnx", "missing_ranges", "unsupported"]
