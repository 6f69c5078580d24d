from packager.frontends._onnx.ops._binary import binary

FOLLOWS = True
lower = binary("SUB", "SubOptions", rule=lambda _a, _b: False)
