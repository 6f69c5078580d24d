"""Which nodes stay in float: the noisiest first, no more than needed, no more than allowed."""

from emit.onnx.own import residual, weights

from packager.emit.onnx.sensitivity import keep_sensitive
from packager.quantize import Range

IMAGES = [weights(9, 4, 3, 10, 12) * 3]
WORK = {"c1": 25_920, "c2": 69_120, "logits": 40}


def ranges(**limits: float) -> dict[str, Range]:
    """Of `residual`'s quantized values, wide enough for them; a limit far too wide costs that value its levels."""
    found = {"image": 4.0, "r1": 6.0, "r2": 8.0, "f": 4.0} | limits
    return {name: Range(low=-limit, high=limit, reason="test") for name, limit in found.items()}


def kept(target_db: float, most: float, **limits: float) -> list[str]:
    return [k.name for k in keep_sensitive(residual(), ranges(**limits), IMAGES, WORK, target_db, most)]


def test_the_node_that_reads_a_badly_scaled_value_is_kept() -> None:
    assert kept(25, 0.9) == []
    assert kept(25, 0.9, r1=4000) == ["c2"]
    assert kept(25, 0.9, image=2000) == ["c1"]


def test_what_is_allowed_bounds_what_is_kept() -> None:
    """`c2` is 73 % of the work, `c1` 27 %: too much; the small ones may stay."""
    assert set(kept(200, 0.1)) == {"g", "logits"}
    assert set(kept(200, 0.5)) == {"c1", "g", "logits"}


def test_each_comes_with_what_it_costs_alone() -> None:
    (first,) = keep_sensitive(residual(), ranges(r1=4000), IMAGES, WORK, 25, 0.9)
    assert first.sqnr_db < 25
    assert first.node == 3
