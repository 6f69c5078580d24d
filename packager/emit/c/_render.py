"""The runtime's files: kernels as they are, templates filled in, constants as one file."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from typing import Any

from packager.bundle import Entry
from packager.config.samples import Samples
from packager.data import data_dir
from packager.emit.c._costs import ANY, Target
from packager.emit.c._plan import Laid, lay_out
from packager.emit.c._prefix import DEFAULT, renamed
from packager.emit.c._values import values_of
from packager.ir import Model

_FOLDER = "c"
_INCLUDE = re.compile(r'^#include "(\w+)\.h"', re.MULTILINE)
_ALWAYS = {"edgepack", "threads"}
"""The header that the generated files include themselves."""
_COPIED = ("main.c", "hosted.h", "linux.h", "support.c", "threads.h", "threads.c")
_RENDERED = (
    *("model.h", "model.c", "model_weights.h", "model_weights.c", "selftest.c"),
    *("CMakeLists.txt", "Makefile", "model.py"),
)
_ARRAYS = "model_weights_arrays.h"


def emit_c(
    model: Model,
    arithmetic: str,
    golden: Samples,
    *,
    name: str,
    root: str = "runtime/c",
    prefix: str = DEFAULT,
    target: Target = ANY,
) -> tuple[Entry, ...]:
    """Return the files of a C runtime under `root`.

    Args:
        model: An int8 model that `unsupported` has nothing against.
        arithmetic: ``integer`` or ``xnnpack``.
        golden: Inputs in the model's own types, for the self-test.
        name: Of the model, for headings.
        root: Folder in the bundle.
        prefix: Of the names that the code exports; `check_prefix` has nothing against it.
        target: For which zero weights are left out where that pays; the code runs on any CPU all the same.
    """
    laid = lay_out(model, arithmetic, target)
    values = {**values_of(model, laid, arithmetic, golden, name, prefix), "prefix": prefix}
    entries = [_source(root, path, renamed(text_, prefix).encode()) for path, text_ in _static(laid)]
    if prefix != DEFAULT:
        entries.append(_source(root, f"{prefix}.h", b'#include "model.h"\n'))
    entries.append(_source(root, "model_weights.bin", values["blob"]))
    rendered = (*_RENDERED, _ARRAYS) if values["arrays"] else _RENDERED
    entries += [_source(root, path, _render(path, values)) for path in rendered]
    page = _render("README.md", values)
    return (*entries, Entry(path=f"{root}/README.md", content=page, role="doc"))


def _render(path: str, values: Mapping[str, Any]) -> bytes:
    """One file of a template; `values` hold the prefix of its names."""
    import jinja2

    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - C and Markdown, not HTML
    )
    template = (data_dir("templates") / _FOLDER / f"{path}.j2").read_text("utf-8")
    return environment.from_string(renamed(template, values["prefix"])).render(values).encode()


def _source(root: str, path: str, content: bytes) -> Entry:
    return Entry(path=f"{root}/{path}", content=content, role="source")


def _static(laid: Laid) -> Iterator[tuple[str, str]]:
    """The runner, the kernels that are called, and what they include."""
    folder = data_dir("templates") / _FOLDER
    for path in _COPIED:
        yield path, (folder / path).read_text("utf-8")
    wanted = {call.kernel for layer in laid.layers for call in layer.invocations}
    for kernel in sorted(_included(folder / "kernels", wanted | _ALWAYS)):
        yield f"kernels/{kernel}.h", (folder / "kernels" / f"{kernel}.h").read_text("utf-8")


def _included(folder: Traversable, wanted: set[str]) -> set[str]:
    """Kernels, and headers that they include, by name."""
    found: set[str] = set()
    waiting = set(wanted)
    while waiting:
        kernel = waiting.pop()
        found.add(kernel)
        waiting |= set(_INCLUDE.findall((folder / f"{kernel}.h").read_text("utf-8"))) - found
    return found
