from packager.config.tensorrt import load_dla, load_onnx_parser, parser_versions


def test_versions_are_sorted_as_numbers() -> None:
    versions = parser_versions()
    assert versions[0] == "8.0"
    assert versions.index("8.6") < versions.index("10.0") < versions.index("10.16")


def test_a_table_inherits_and_replaces() -> None:
    old, new = load_onnx_parser("8.0.1"), load_onnx_parser("8.2.1")
    assert old.types["Relu"] == new.types["Relu"] == "FP32 FP16 INT8"
    assert (bool(old.rules["Pad"]), bool(new.rules["Pad"])) == (True, False)
    assert ("Einsum" in old.types, "Einsum" in new.types) == (False, True)
    assert load_onnx_parser("10.3").constant["Slice"] == ()


def test_the_dla_is_described() -> None:
    facts = load_dla()
    assert facts.last == "10.7"
    assert set(facts.rules) | set(facts.unsure) <= set(facts.native)
    assert not set(facts.rewrites) & set(facts.native)
