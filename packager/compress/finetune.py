"""Fine-tuning: weights are trained on, with labels or by the original model's answers, so that the model recovers."""

from packager.compress._contract import Compressed, Context, Step, Work
from packager.compress._training import HintedStep, check, compressed, problems, trained
from packager.ir import Model


def apply(model: Model, how: HintedStep, context: Context) -> Compressed:
    return compressed(trained(model, how, context), how, context, what="trained")


STEP = Step(
    title="fine-tuning",
    parameters=HintedStep,
    problems=problems,
    check=check,
    apply=apply,
    files=("train",),
    undoes=frozenset({Work.RANGES}),
)
