"""Training, in the child: epochs over batches, the best kept."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from packager.config.training import Augment
from packager.errors import UnsupportedError
from packager.ir import read_tflite_bytes
from packager.train._contract import Array, Epoch, Example, Job, Outcome
from packager.train.answers import AT_ONCE, Answers
from packager.train.augment import augmented
from packager.train.check import trained_constants
from packager.train.forward import forward
from packager.train.held_out import parted
from packager.train.loss import Objective, heads_of, logits_of, target_of
from packager.train.rounding import Ranges
from packager.train.schedule import masked, ramp, rates
from packager.train.weights import Weights

_CLIP = 1.0
"""The largest norm that the gradient of all weights together may have; a hard batch can't undo the rest."""


def steady(threads: int, seed: int) -> None:
    """Make TensorFlow give the same numbers from run to run."""
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def run(job: Job) -> Outcome:
    """Train a model as a job asks.

    Raises:
        UnsupportedError: the loss ceased to be a number.
    """
    steady(job.how.threads, job.how.seed)
    return _Run(job).all()


class _Run:
    """One job: the student's variables, the data in two parts, the teacher's word on it."""

    def __init__(self, job: Job) -> None:
        self.how = job.how
        self.graph = read_tflite_bytes(job.student, name="student", source="student").main
        hints = dict(job.hints.by_tensor) if job.hints is not None else {}
        self.teacher = (
            Answers(read_tflite_bytes(job.teacher, name="teacher", source="teacher").main, list(hints.values()))
            if job.teacher
            else None
        )
        self.sparsify = dict(job.sparsify)
        self.dense = ramp(job.how.epochs) if job.sparsify else 0
        """Epochs until all is as sparse as asked; none before may be the best."""
        trained = trained_constants(self.graph, job.how.freeze)
        self.weights = Weights(self.graph, trained, job.held, self.sparsify)
        self.ranges = Ranges(self.graph, job.quant) if job.quant is not None else None
        self.rng = np.random.default_rng(job.how.seed)
        self.learn, self.check = parted(job.data, job.how, self.rng)
        self.deviations = [float(np.std(x)) for x in job.data.inputs]
        heads = heads_of(self.graph)
        labelled = job.data.labels is not None
        share = 0.0 if self.teacher is None else job.how.distill if labelled else 1.0
        self.asks = bool(share or hints)
        # Hints of all inputs together may not fit into memory.
        self.ahead = self.asks and not hints and job.how.augment == Augment()
        self.known = self._taught(self.learn.inputs) if self.ahead else []
        seen = self.known or (self._taught([x[:AT_ONCE] for x in self.learn.inputs]) if self.asks else [])
        self.objective = Objective(
            heads=heads,
            labelled=labelled,
            teacher_share=share,
            temperature=job.how.temperature,
            spreads=tuple(float(np.var(values)) or 1.0 for values in seen),
            hinted=tuple(hints),
            hint_weight=job.hints.weight if job.hints is not None else 0.0,
        )
        self.classes = math.prod(self.graph.type_of(heads[0].tensor).dims[1:])

    def all(self) -> Outcome:
        """Every epoch, until there is nothing to gain."""
        how, count = self.how, self.learn.count
        batch = min(how.batch, count)
        steps = count // batch
        step = self._stepper(steps * how.epochs)
        checks = self._checker()
        start = checks()[0] if self.check else None
        best, lowest, kept = -1, math.inf if start is None or self.sparsify else start, self._state()
        epochs: list[Epoch] = []
        for epoch in range(how.epochs):
            self._sparser(epoch)
            losses = [step(*self._batch(part)) for part in self._order(batch, steps)]
            loss = float(np.mean(losses))
            if not math.isfinite(loss):
                raise UnsupportedError(
                    f"training diverged in epoch {epoch + 1}", hint="use a lower learning_rate, or fewer steps at once"
                )
            held_out, accuracy = checks() if self.check else (None, None)
            epochs.append(Epoch(loss=loss, held_out=held_out, accuracy=accuracy))
            since = epoch + 1 - self.dense
            if held_out is None or (since >= 0 and held_out < lowest):
                best, kept = epoch, self._state()
                lowest = lowest if held_out is None else held_out
            elif how.patience and min(since, epoch - best) >= how.patience:
                break
        self._restore(kept)
        found = self.ranges.found() if self.ranges is not None else {}
        return Outcome(weights=self.weights.arrays(), ranges=found, epochs=tuple(epochs), best=best, start=start)

    def _stepper(self, steps: int) -> Callable[..., float]:
        """A function that takes one step of Adam and returns the loss before it."""
        import keras
        import tensorflow as tf

        optimizer = keras.optimizers.AdamW(
            rates(self.how, steps), weight_decay=self.how.weight_decay, global_clipnorm=_CLIP
        )
        spans = self.ranges.variables if self.ranges is not None else []
        variables = [*self.weights.variables, *spans]
        optimizer.exclude_from_weight_decay([*self.weights.biases(), *spans])
        optimizer.build(variables)

        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow is untyped
        def step(inputs: Any, target: Any, wanted: Any) -> Any:
            with tf.GradientTape() as tape:
                loss = self.objective(self._forward(inputs), target, wanted)
            gradients = tape.gradient(loss, [v.value for v in variables], unconnected_gradients="zero")
            optimizer.apply(gradients, variables)
            return loss

        return lambda inputs, target, wanted: float(step(inputs, target, wanted))

    def _forward(self, inputs: Sequence[Any]) -> dict[int, Any]:
        rounded = self.ranges.roundings() if self.ranges is not None else None
        return forward(self.graph, inputs, self.weights.values(), rounded)

    def _checker(self) -> Callable[[], tuple[float, float | None]]:
        """A function that returns loss and accuracy on what was held out."""
        import tensorflow as tf

        data = self.check
        if data is None:
            return lambda: (0.0, None)
        target = self._target(data)
        taught = self._taught(data.inputs) if self.asks else []

        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow is untyped
        def compute(inputs: Any, target: Any, wanted: Any) -> Any:
            known = self._forward(inputs)
            return self.objective(known, target, wanted), logits_of(self.objective.heads[0], known)

        def check() -> tuple[float, float | None]:
            total, right = 0.0, 0
            for start in range(0, data.count, AT_ONCE):
                part = slice(start, start + AT_ONCE)
                inputs, wanted = ([tf.constant(x[part]) for x in arrays] for arrays in (data.inputs, taught))
                loss, logits = compute(inputs, tf.constant(target[part]), wanted)
                total += float(loss) * len(target[part])
                right += int((_chosen(logits.numpy()) == _chosen(target[part] * 2 - 1)).sum())
            return total / data.count, None if data.labels is None else right * 100 / data.count

        return check

    def _order(self, batch: int, steps: int) -> list[Array]:
        return list(self.rng.permutation(self.learn.count)[: batch * steps].reshape(steps, batch))

    def _batch(self, part: Array) -> tuple[list[Any], Any, list[Any]]:
        """Inputs, labels and the teacher's logits for some of the samples, changed as asked."""
        import tensorflow as tf

        inputs, target = [x[part] for x in self.learn.inputs], self._target(self.learn, part)
        if self.how.augment != Augment():
            inputs, target = augmented(inputs, target, self.how.augment, self.deviations, self.rng)
        wanted = [values[part] for values in self.known]
        if self.asks and not self.ahead:
            wanted = self._taught(inputs)
        return [tf.constant(x) for x in inputs], tf.constant(target), [tf.constant(x) for x in wanted]

    def _taught(self, inputs: Sequence[Array]) -> list[Array]:
        assert self.teacher is not None
        return self.teacher(inputs)

    def _target(self, data: Example, part: Array | slice = slice(None)) -> Array:
        if data.labels is None:
            return np.zeros((len(data.inputs[0][part]), 1), np.float32)
        return target_of(data.labels[part], self.classes)

    def _sparser(self, epoch: int) -> None:
        """Mask more weights over the first part of the epochs."""
        for t, share in self.sparsify.items():
            self.weights.sparsify(t, masked(share, epoch, self.dense))

    def _state(self) -> tuple[list[Array], list[Array]]:
        return self.weights.state(), self.ranges.state() if self.ranges is not None else []

    def _restore(self, state: tuple[list[Array], list[Array]]) -> None:
        self.weights.restore(state[0])
        if self.ranges is not None:
            self.ranges.restore(state[1])


def _chosen(logits: Array) -> Array:
    chosen: Array = (logits[:, 0] > 0).astype(np.int64) if logits.shape[1] == 1 else logits.argmax(axis=1)
    return chosen
