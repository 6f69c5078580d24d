from packager.frontends._onnx.ops._binary import binary

FOLLOWS = True
lower = binary("MAXIMUM", "MaximumMinimumOptions", rule=lambda a, b: a.non_negative or b.non_negative)
