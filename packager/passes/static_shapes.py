"""Every dimension a number: batch 1, shapes the user gives, and what follows from them."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from packager.errors import ConfigError, Diagnostic, Severity, UnsupportedError, did_you_mean
from packager.ir import Model, Tensor
from packager.passes._litert import propagate
from packager.rewrite import Pass, PassResult

Shape = tuple[int, ...]
_DYNAMIC_SOURCES = frozenset({"SHAPE", "RANK"})
"""Operators that turn a shape into data: the file's own shapes behind them are guesses."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class StaticShapes(Pass):
    """A dynamic batch becomes 1; other dynamic dimensions take the size that `input_shapes` gives.

    Where a shape changes, LiteRT works out those behind it: its kernels are the ones that will run.
    """

    input_shapes: Mapping[str, Shape] = dataclasses.field(default_factory=dict)
    """By input name, or its name in the signature; the empty name means the only input."""

    def apply(self, model: Model) -> PassResult:
        """Raises: ConfigError for a shape that names no input, UnsupportedError for a dimension left open."""
        wanted = self._wanted(model)
        graph = model.main
        known = all(graph.type_of(t).dims == shape for t, shape in wanted.items())
        open_dims = any(size < 0 for t in graph.activations() for size in graph.type_of(t).dims)
        computed = any(node.op in _DYNAMIC_SOURCES for node in graph.nodes)
        marked = any(t.type.signature is not None for t in graph.tensors)
        if known and not (open_dims or computed or marked):
            return PassResult(model=model, changed=False)
        static = _with_shapes(model, wanted)
        if not known or open_dims or computed:
            shapes, _ = propagate(static)
            moving = set(graph.activations())
            static = _with_shapes(static, {t: s for t, s in shapes.items() if t in moving})
        note = Diagnostic(severity=Severity.NOTE, message=f"shapes fixed for inputs {_text(model, wanted)}")
        return PassResult(model=static, changed=True, notes=(note,))

    def ensures(self, model: Model) -> Iterable[str]:
        for t in model.main.activations():
            if model.main.type_of(t).dynamic_dims:
                yield f"{model.main.tensors[t].name!r} still has a dynamic dimension"

    def _wanted(self, model: Model) -> dict[int, Shape]:
        aliases = _aliases(model)
        names = {name for group in aliases.values() for name in group}
        for name in self.input_shapes:
            if name not in names and not (name == "" and len(aliases) == 1):
                raise ConfigError(f"{model.name}: no input named {name!r}", hint=did_you_mean(name, names))
        problems: list[Diagnostic] = []
        wanted: dict[int, Shape] = {}
        for t, group in aliases.items():
            asked = next((self.input_shapes[n] for n in (*group, "") if n in self.input_shapes), None)
            type_ = model.main.type_of(t)
            shape = tuple(asked) if asked is not None else (type_.signature or type_.dims)
            problems += _problems(group[0], shape, type_.signature or type_.dims)
            wanted[t] = tuple(1 if i == 0 and size < 0 else size for i, size in enumerate(shape))
        if problems:
            raise UnsupportedError.from_diagnostics(model.name, problems)
        return wanted


def _aliases(model: Model) -> dict[int, list[str]]:
    """For each input tensor its own name and those of the signatures."""
    found: dict[int, list[str]] = {}
    for t in model.main.inputs:
        signed = [name for s in model.signatures if s.graph == 0 for name, index in s.inputs if index == t]
        found[t] = [model.main.tensors[t].name, *signed]
    return found


def _problems(name: str, shape: Shape, own: Shape) -> Iterator[Diagnostic]:
    def error(message: str, example: Iterable[str]) -> Diagnostic:
        hint = f"add --input-shape {name}={','.join(example)}"
        return Diagnostic(severity=Severity.ERROR, where=f"input {name!r}", message=message, hint=hint)

    if len(shape) != len(own):
        yield error(f"has {len(own)} dimensions, {list(own)}, not {len(shape)}", ["1", *("N" for _ in own[1:])])
    elif not shape or shape[0] not in {1, -1}:
        yield error(f"takes no batch of 1: its shape is {list(shape)}", ["1", *(str(s) for s in shape[1:])])
    elif any(size < 1 for size in shape[1:]):
        example = (str(size) if size > 0 else "N" for size in shape[1:])
        yield error(f"has a dynamic dimension: {list(shape)}", ["1", *example])


def _with_shapes(model: Model, shapes: Mapping[int, Shape]) -> Model:
    def fix(index: int, tensor: Tensor) -> Tensor:
        shape = shapes.get(index, tensor.type.shape)
        has_rank = tensor.type.has_rank or index in shapes
        if shape == tensor.type.shape and tensor.type.signature is None and has_rank == tensor.type.has_rank:
            return tensor
        type_ = dataclasses.replace(tensor.type, shape=shape, signature=None, has_rank=has_rank)
        return dataclasses.replace(tensor, type=type_)

    return model.with_main(model.main.with_tensors(fix))


def _text(model: Model, shapes: Mapping[int, Shape]) -> str:
    return ", ".join(f"{model.main.tensors[t].name!r} {list(shape)}" for t, shape in shapes.items())
