from packager.frontends._onnx.ops._regroup import regroup

lower = regroup
