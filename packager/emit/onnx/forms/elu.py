from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._elementwise import onnx_op, unary

FORM = Form(emit=unary(onnx_op("Elu")))
