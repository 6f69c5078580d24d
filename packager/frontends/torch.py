"""PyTorch: `torch.export` files (`.pt2`) and TorchScript (`.pt`, `.pth`); both go through ONNX."""

from pathlib import Path

from packager.errors import UnsupportedError
from packager.frontends._archive import checked_members
from packager.frontends._child import convert, model_of
from packager.frontends._contract import ReadOptions, Source
from packager.frontends._file import ZIP, is_file_named, not_a, read_bytes
from packager.frontends._onnx.convert import convert_onnx
from packager.frontends._source import source_of
from packager.frontends._tensorflow import refuse_flex
from packager.frontends._torch_child import export_program, export_script
from packager.util.extras import need

_HOW = "where its classes are: torch.export.save(torch.export.export(model.eval(), (example,)), 'model.pt2')"
_CODE = "data/constants/opaque_obj_"
"""Members of a `torch.export` archive that `torch.export.load` would unpickle whatever they hold."""
_PICKLE = b"\x80"
"""Where a pickle of protocol 2 or later begins."""


class _TorchFrontend:
    def accepts(self, path: Path) -> bool:
        return is_file_named(path, ".pt2", ".pt", ".pth")

    def read(self, path: Path, options: ReadOptions) -> Source:
        exporter = export_program if _is_program(path) else export_script
        need(("torch", "onnxscript"), "torch", "reading a PyTorch model")
        shapes = dict(options.input_shapes)
        exported = convert(exporter, path, "a PyTorch model", shapes)
        left = shapes if exporter is export_program else {}
        converted = convert(convert_onnx, path, "what PyTorch exported", left, exported.content)
        model = model_of(converted, path)
        refuse_flex(model, path)
        notes, tools = (*exported.notes, *converted.notes), (*exported.tools, *converted.tools)
        return source_of(path, "torch", model, notes=notes, tools=tools, onnx=converted.onnx)


def _is_program(path: Path) -> bool:
    """Return whether a file is a `torch.export` program, as opposed to TorchScript.

    Raises:
        UnsupportedError: it is neither; a pickle is refused without being opened.
    """
    head = read_bytes(path, 64)
    if head.startswith(_PICKLE):
        raise _pickle(path)
    if not head.startswith(ZIP):
        raise not_a(path, "a PyTorch model", head)
    members = {name.partition("/")[2] for name in checked_members(path, "a PyTorch model")}
    if any(name.startswith(_CODE) for name in members):
        raise UnsupportedError(f"{path}: holds pickled objects, which run code when opened", hint=_HOW)
    if any(name.startswith("models/") and name.endswith(".json") for name in members):
        return True
    if "constants.pkl" in members and any(name.startswith("code/") for name in members):
        return False
    if "data.pkl" in members:
        raise _pickle(path)
    if any(name.startswith("data/aotinductor/") for name in members):
        raise UnsupportedError(f"{path}: compiled for one machine by AOTInductor", hint=_HOW)
    raise UnsupportedError(f"{path}: an archive without a PyTorch program in it", hint=_HOW)


def _pickle(path: Path) -> UnsupportedError:
    return UnsupportedError(
        f"{path}: a pickle (state dict or whole module), which holds no graph and runs code when opened",
        hint=f"export the model {_HOW}",
    )


FRONTEND = _TorchFrontend()
