from packager.frontends._onnx.ops._unary import unary

FOLLOWS = True
lower = unary("LOGISTIC", non_negative=True)
