"""A named entry point for files that have none, as those from before TF 2.4."""

import dataclasses
from collections.abc import Iterable

from packager.ir import Model, Signature
from packager.rewrite import Pass, PassResult

KEY = "serving_default"


class ServingSignature(Pass):
    """Adds the signature `serving_default` over the main graph's inputs and outputs, under their tensors' names."""

    def apply(self, model: Model) -> PassResult:
        if any(s.graph == 0 for s in model.signatures):
            return PassResult(model=model, changed=False)
        graph = model.main
        signature = Signature(
            key=KEY,
            inputs=tuple((graph.tensors[t].name, t) for t in graph.inputs),
            outputs=tuple((graph.tensors[t].name, t) for t in graph.outputs),
        )
        return PassResult(model=dataclasses.replace(model, signatures=(*model.signatures, signature)), changed=True)

    def ensures(self, model: Model) -> Iterable[str]:
        if not any(s.graph == 0 for s in model.signatures):
            yield "the main graph has no signature"
