from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._elementwise import binary, onnx_op

FORM = Form(emit=binary(onnx_op("Pow")))
