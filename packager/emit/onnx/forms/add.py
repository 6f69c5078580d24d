from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._elementwise import binary, onnx_op

# Which input, if any, is int8 depends on the neighbours: `placement` decides.
FORM = Form(emit=binary(onnx_op("Add")))
