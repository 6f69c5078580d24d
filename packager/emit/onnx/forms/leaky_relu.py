from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._elementwise import unary

FORM = Form(emit=unary(lambda e, node, values: e.node("LeakyRelu", values, alpha=node.attrs["alpha"])))
