"""What a vendor's own compiler makes of an artifact, where it is on PATH; where not, a note on what that costs."""

import dataclasses

from packager.bundle import Entry
from packager.config.edgetpu import load_edgetpu_compiler
from packager.errors import Diagnostic, Severity
from packager.families import Job, Product
from packager.measure.edgetpu import PROGRAM, compile_edgetpu, findings
from packager.plan.edgetpu import predict_mapping

_COMPILED = "model/model_edgetpu.tflite"


def complete(job: Job, product: Product) -> Product:
    """Return the product with what the vendor's compiler adds.

    Raises:
        ToolError: the compiler is here and refused the artifact.
    """
    tpu = job.profile.edgetpu
    if tpu is None:
        return product
    artifact = next(entry for entry in product.files if entry.path == product.artifact)
    compiled = compile_edgetpu(artifact.content, min_runtime=tpu.min_runtime)
    if compiled is None:
        note = Diagnostic(
            severity=Severity.NOTE,
            message=f"{PROGRAM} is not on PATH, so the mapping is a prediction and {_COMPILED} was not made",
            hint=f"{PROGRAM} -s -m {tpu.min_runtime} model.tflite makes it, on x86-64 Linux",
        )
        return dataclasses.replace(product, diagnostics=(*product.diagnostics, note))
    model = job.quantized.model
    predicted = predict_mapping(model, load_edgetpu_compiler(tpu.compiler))
    return dataclasses.replace(
        product,
        files=(*product.files, Entry(path=_COMPILED, content=compiled.model, role="model")),
        figures=(*product.figures, *compiled.figures()),
        diagnostics=(*product.diagnostics, *findings(compiled, model, predicted)),
        tools=(*product.tools, (PROGRAM, compiled.version)),
    )
