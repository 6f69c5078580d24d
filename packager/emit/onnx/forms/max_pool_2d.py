from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._pool import pool

# No Q/DQ: a maximum commutes with quantization, so TensorRT moves the pair of what follows in front of it.
FORM = Form(emit=pool("MaxPool"))
