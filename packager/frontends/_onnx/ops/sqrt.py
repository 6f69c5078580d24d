from packager.frontends._onnx.ops._unary import unary

FOLLOWS = True
lower = unary("SQRT", non_negative=True)
