import hashlib
from pathlib import Path

from ir.tiny import float_model

from packager.frontends._source import source_of, with_public_names
from packager.ir import GraphBuilder, Signature
from packager.util.hashing import sha256_tree


def test_file_is_hashed_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"model")
    source = source_of(path, "onnx", float_model())
    assert source.sha256 == hashlib.sha256(b"model").hexdigest()
    assert source.bytes == 5


def test_weights_beside_a_file_count(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"model")
    digests = set()
    for weights in (b"one", b"two"):
        (tmp_path / "m.data").write_bytes(weights)
        source = source_of(path, "onnx", float_model(), beside=("m.data",))
        assert source.bytes == 8
        digests.add(source.sha256)
    assert len(digests) == 2


def test_folder_is_hashed_whole(tmp_path: Path) -> None:
    (tmp_path / "variables").mkdir()
    (tmp_path / "saved_model.pb").write_bytes(b"graph")
    (tmp_path / "variables" / "data").write_bytes(b"weights")
    source = source_of(tmp_path, "saved_model", float_model())
    assert source.bytes == 12
    assert source.sha256 == sha256_tree(tmp_path)


def converted(output: str = "output_0", middle: str = "middle") -> tuple[tuple[str, ...], ...]:
    b = GraphBuilder()
    x = b.input("serving_default_image:0", (1, 2))
    h = b.op("TANH", [x], (1, 2), name=middle)
    y = b.op("TANH", [h], (1, 2), name="StatefulPartitionedCall_1:0")
    model = b.model([y])
    signature = Signature(key="serving_default", inputs=(("image", x),), outputs=((output, y),))
    import dataclasses

    named = with_public_names(dataclasses.replace(model, signatures=(signature,)), {"output_0": "digit"})
    return named.input_names(), named.output_names(), tuple(n for n, _ in named.signatures[0].outputs)


def test_public_names_reach_the_tensors() -> None:
    assert converted() == (("image",), ("digit",), ("digit",))
    assert converted(output="scores") == (("image",), ("scores",), ("scores",))


def test_a_name_that_is_taken_stays_in_the_signature() -> None:
    assert converted(middle="digit") == (("image",), ("StatefulPartitionedCall_1:0",), ("digit",))
