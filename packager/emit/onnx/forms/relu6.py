from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._elementwise import unary

FORM = Form(emit=unary(lambda e, _, values: e.clip(values[0], 0, 6)))
