from packager.emit.onnx.forms._arg import arg
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._parameters import constant

FORM = Form(emit=arg("ArgMin"), problems=constant(1))
