from packager.frontends._onnx.ops._unary import unary

FOLLOWS = True
lower = unary("EXP", "ExpOptions", non_negative=True)
