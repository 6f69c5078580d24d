from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._elementwise import unary

FORM = Form(emit=unary(lambda e, _, values: e.node("Mul", [values[0], values[0]])))
