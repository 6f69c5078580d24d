"""ONNX to a float TFLite graph; all of it runs in a child process.

A graph is checked, given static shapes, simplified by onnxruntime's own optimizer (constants folded, batch
normalization, scales and shifts folded into convolutions), and then lowered operator by operator to channels-last
TFLite, without TensorFlow. What no lowering here takes goes to onnx2tf. Either result is run against onnxruntime on one
input before it is handed back.
"""
