"""Static shapes: a dynamic batch becomes 1, every other dynamic dimension is asked for."""

from collections.abc import Mapping, Sequence

from packager.errors import ConfigError, did_you_mean

Shape = tuple[int, ...]


def check_names(given: Mapping[str, Shape], inputs: Sequence[str], path: object) -> None:
    """Refuse a shape for an input that the model does not have.

    Raises:
        ConfigError: with the nearest name.
    """
    for name in given:
        if name == "" and len(inputs) != 1:
            raise ConfigError(
                f"{path}: --input-shape without a name, but the model has {len(inputs)} inputs",
                hint=f"write --input-shape {inputs[0]}=1,49,10,1" if inputs else "",
            )
        if name and name not in inputs:
            raise ConfigError(f"{path}: no input named {name!r}", hint=did_you_mean(name, inputs))


def static_shape(name: str, declared: Sequence[int | None] | None, given: Mapping[str, Shape], path: object) -> Shape:
    """Return the shape of one input with every dimension fixed and a batch of 1.

    Args:
        name: Of the input.
        declared: As the file has it: None, or a number below 1, for a dynamic dimension; None for an unknown rank.
        given: By the user, by input name; the empty name stands for the only input.
        path: Of the file, for the message.

    Raises:
        ConfigError: a dimension other than the batch is dynamic and not given, or the given shape does not fit.
    """
    wanted = given.get(name, given.get(""))
    if wanted is not None:
        return _fitted(name, declared, wanted, path)
    if declared is None:
        raise ConfigError(f"{path}: input {name!r} has no shape", hint=f"give one: --input-shape {name}=1,49,10,1")
    fixed = tuple(size if size is not None and size > 0 else None for size in declared)
    if None in fixed[1:]:
        example = ",".join("1" if i == 0 else str(size or 64) for i, size in enumerate(fixed))
        raise ConfigError(
            f"{path}: input {name!r} has the dynamic shape {_show(fixed)}",
            hint=f"fix it: --input-shape {name}={example}",
        )
    return tuple(size or 1 for size in fixed)


def _fitted(name: str, declared: Sequence[int | None] | None, wanted: Shape, path: object) -> Shape:
    fits = all(size > 0 for size in wanted) and (
        declared is None
        or (
            len(declared) == len(wanted)
            and all(d is None or d < 1 or d == w for d, w in zip(declared, wanted, strict=True))
        )
    )
    if not fits:
        raise ConfigError(
            f"{path}: input {name!r} has shape {_show(declared)}, which {_show(wanted)} does not fit",
            hint="change only the dimensions shown as ?",
        )
    if len(wanted) > 1 and wanted[0] != 1 and (declared is None or declared[0] != wanted[0]):
        raise ConfigError(
            f"{path}: input {name!r} would have a batch of {wanted[0]}",
            hint="a device runs one sample at a time: give 1 as the first dimension",
        )
    return wanted


def _show(shape: Sequence[int | None] | None) -> str:
    if shape is None:
        return "(unknown)"
    return f"({', '.join('?' if size is None or size < 1 else str(size) for size in shape)})"
