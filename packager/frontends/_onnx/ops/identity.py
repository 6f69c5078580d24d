from packager.frontends._onnx.ops._same import same

FOLLOWS = True
lower = same
