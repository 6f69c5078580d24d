from packager.report.markup import cell, code


def test_what_markdown_would_act_on_is_escaped() -> None:
    assert cell("a|b *c* [d](e) `f` ~g~") == r"a\|b \*c\* \[d\](e) \`f\` \~g~"
    assert cell("~1.9 ms") == "~1.9 ms"
    assert cell("<b>&") == "&lt;b&gt;&amp;"
    assert cell("conv_1/Relu _x_") == r"conv_1/Relu \_x\_", "an underscore inside a word does nothing"
    assert cell("a\nb") == r"a\\u000ab"


def test_a_code_span_can_not_be_left() -> None:
    assert code("a`b|c") == r"`a'b\|c`"
    assert code("  ") == ""
