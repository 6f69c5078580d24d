from packager.frontends._onnx.ops._binary import binary

FOLLOWS = True
lower = binary("ADD", "AddOptions", rule=lambda a, b: a.non_negative and b.non_negative)
