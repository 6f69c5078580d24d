"""One module an ONNX operator, found by the operator's own name in lower case."""
