from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._pool import pool

FORM = Form(emit=pool("AveragePool"), quantized=(0,))
