from packager.frontends._onnx.graph import OnnxNode, UnloweredError
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import LAST

SPATIAL = True
_MODES = {
    ("nearest", "asymmetric"): ("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions", False, False),
    ("nearest", "half_pixel"): ("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions", False, True),
    ("linear", "asymmetric"): ("RESIZE_BILINEAR", "ResizeBilinearOptions", False, False),
    ("linear", "half_pixel"): ("RESIZE_BILINEAR", "ResizeBilinearOptions", False, True),
    ("linear", "pytorch_half_pixel"): ("RESIZE_BILINEAR", "ResizeBilinearOptions", False, True),
    ("linear", "align_corners"): ("RESIZE_BILINEAR", "ResizeBilinearOptions", True, False),
}
"""Mode and coordinate transformation to operator, options, align_corners, half_pixel_centers."""


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower an enlargement or reduction of height and width by nearest neighbour or bilinearly."""
    x, name = to.channels_last(to.value(node.inputs[0])), node.outputs[0]
    shape = to.graph.shape(name)
    how = (node.text("mode", "nearest"), node.text("coordinate_transformation_mode", "half_pixel"))
    if x.rank != 4 or shape[:2] != x.shape[:2] or how not in _MODES:
        raise UnloweredError(f"{' '.join(how)} of {x.shape} to {shape}")
    whole = all(o % n == 0 for o, n in zip(shape[2:], x.shape[2:], strict=True))
    rounding = node.text("nearest_mode", "round_prefer_floor")
    if how == ("nearest", "asymmetric") and rounding != "floor":
        raise UnloweredError(f"nearest {rounding}")
    if how[0] == "nearest" and not whole:  # ties fall differently there
        raise UnloweredError("nearest by a fraction")
    op, options, corners, centers = _MODES[how]
    to.emit(
        op,
        [x.tensor, to.ints(*shape[2:])],
        name,
        LAST,
        non_negative=x.non_negative,
        options=options,
        align_corners=corners,
        half_pixel_centers=centers,
    )
