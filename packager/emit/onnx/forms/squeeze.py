from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._reshape import emit

FORM = Form(emit=emit)
