from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._parameters import constant
from packager.emit.onnx.forms._resize import resize

FORM = Form(emit=lambda e, node: resize(e, node, mode="linear"), problems=constant(1))
