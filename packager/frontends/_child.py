"""Converting in a child process: the heavy library stays out of the build, and so do its crashes and its chatter."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from packager.errors import Diagnostic, EdgePackError, ToolError, UnsupportedError
from packager.frontends._source import with_public_names
from packager.ir import Model, read_tflite_bytes
from packager.util.child import call

_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt)\b.*", re.MULTILINE)
_ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",  # whatever the user's own keras.json says
    "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1",  # torch.export.load would unpickle anything
    "PYTHONWARNINGS": "ignore",
}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Converted:
    """What a child hands back."""

    content: bytes
    """A `.tflite` file, or whatever the two sides agreed on."""
    tools: tuple[tuple[str, str], ...] = ()
    notes: tuple[Diagnostic, ...] = ()
    beside: tuple[str, ...] = ()
    """Files that belong to the model, relative to its folder."""
    renames: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Names in the content's signature that the format has better ones for."""
    onnx: bytes = b""
    """The ONNX graph that `content` was made from; see `Source.onnx`."""


def convert(function: Callable[..., Converted], path: Path, what: str, *args: Any) -> Converted:
    """Return ``function(path, *args)`` as computed in a child, which sees the absolute path; `what` names the format.

    Raises:
        EdgePackError: as the function raised it.
        ToolError: the child ran out of memory, or a library it needs is broken.
        UnsupportedError: the library could not take the file; `details` holds what it printed.
    """
    absolute = path.resolve()
    try:
        result = call(function, absolute, *args, env=_ENVIRONMENT)
    except EdgePackError as error:
        if str(error).startswith(function.__qualname__):  # the child itself failed, as `call` says it
            raise _refusal(error, path, what) from None
        message = str(error).replace(str(absolute), str(path))
        raise type(error)(message, hint=error.hint, details=error.details) from None
    assert isinstance(result, Converted)
    return result


def model_of(converted: Converted, path: Path) -> Model:
    """Read the `.tflite` that a child made, its inputs and outputs named as the user knows them."""
    model = read_tflite_bytes(converted.content, name=path.stem, source=f"{path} after conversion")
    return with_public_names(model, converted.renames)


def _refusal(error: EdgePackError, path: Path, what: str) -> EdgePackError:
    reason = _last_exception(error.details) or f"the reader {str(error).partition(' ')[2]}"
    if "SIGKILL" in str(error) or reason.startswith("MemoryError"):
        hint = "the machine ran out of memory; close other programs or convert on a larger one"
        return ToolError(f"{path}: reading {what} was killed", hint=hint, details=error.details)
    if reason.startswith(("ModuleNotFoundError", "ImportError")):
        hint = "repair the installation"
        return ToolError(f"{path}: reading {what} failed: {reason}", hint=hint, details=error.details)
    return UnsupportedError(
        f"{path}: can't read this as {what}: {reason}",
        hint="it is damaged, or made by an unsupported version; load it where it was made and save it again",
        details=error.details,
    )


def _last_exception(output: str) -> str:
    """Return the line of a traceback that names the exception, empty where there is none (a crash)."""
    found = _EXCEPTION.findall(output)
    return str(found[-1]).strip() if found else ""
