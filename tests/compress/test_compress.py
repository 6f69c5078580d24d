"""Steps are found by name, and their tables are read with every complaint naming its place."""

import pytest

from packager.compress import find_step, plan_step, step_names
from packager.compress.channels import Channels
from packager.config.compression import StepTable
from packager.errors import ConfigError


def table(step: str = "channels", **options: object) -> StepTable:
    return StepTable(step=step, options=options, source="own.toml", key="steps[1]")


@pytest.mark.parametrize("name", step_names())
def test_every_step_says_what_it_is_and_takes_typed_parameters(name: str) -> None:
    step = find_step(name)
    assert step.title
    assert step.parameters.__dataclass_params__.frozen


def test_a_table_becomes_parameters() -> None:
    planned = plan_step(table(share=0.5, skip=["conv_1"]))
    assert planned.parameters == Channels(share=0.5, skip=("conv_1",))


@pytest.mark.parametrize(
    ("wrong", "message", "hint"),
    [
        (table("channel", share=0.5), "no compression step 'channel'", "'channels'"),
        (table(share=0.5, skipped=[]), "unknown key 'skipped'", "'skip'"),
        (table(), "missing 'share'", "add it"),
        (table(share="half"), "'share' must be float", "'half'"),
        (table(share=1.5), "a share of 1.5 can't be pruned", "0.3"),
        (table(share=float("nan")), "a share of nan can't be pruned", "0.3"),
        (table(share=0.5, importance="l3"), "no importance 'l3'", "l"),
        (table(share=0.5, multiple_of=-1), "multiple_of = -1 is negative", "4"),
    ],
)
def test_a_wrong_table_is_refused_with_its_place_and_a_remedy(wrong: StepTable, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_step(wrong)
    assert str(caught.value).startswith("own.toml: steps[1]: ")
    assert message in str(caught.value)
    assert hint in caught.value.hint
