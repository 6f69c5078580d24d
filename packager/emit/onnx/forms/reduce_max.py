from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._parameters import constant
from packager.emit.onnx.forms._reduce import reduce

FORM = Form(emit=reduce("ReduceMax"), problems=constant(1))
