import dataclasses

from report.sample import SAMPLE, changed, figure, layer, with_figure

from packager.figure import Figure
from packager.report.model import Memory, MemoryRow, Report
from packager.report.movement import Movement, movements, mover_of


def moved(old: Report, new: Report) -> dict[str, Movement]:
    return {m.name: m for m in movements(old, new) if m.change != 0}


def test_nothing_moves_between_equal_reports() -> None:
    assert moved(SAMPLE, SAMPLE) == {}


def test_each_figure_is_paired_with_its_own_kind() -> None:
    faster = tuple(dataclasses.replace(f, value=0.05) if f.on else f for f in SAMPLE.figures)
    new = changed(SAMPLE, figures=faster[::-1])
    (movement,) = moved(SAMPLE, new).values()
    assert movement.old is not None
    assert (movement.old.value, movement.comparable) == (0.0852, True)
    assert movement.relative is not None
    assert round(movement.relative, 3) == -0.413


def test_a_figure_that_came_or_went_has_no_change() -> None:
    energy = figure("energy.mj", 2, "mJ")
    came = moved(SAMPLE, changed(SAMPLE, figures=(*SAMPLE.figures, energy)))
    went = moved(changed(SAMPLE, figures=(*SAMPLE.figures, energy)), SAMPLE)
    assert (came["energy.mj"].old, came["energy.mj"].change) == (None, None)
    assert (went["energy.mj"].new, went["energy.mj"].relative) == (None, None)


def test_a_change_from_nothing_has_no_ratio() -> None:
    before, after = (changed(SAMPLE, figures=(figure("fpga.dsp", v, "1"),)) for v in (0, 4))
    assert (moved(before, after)["fpga.dsp"].change, moved(before, after)["fpga.dsp"].relative) == (4, None)


def test_the_layer_that_moved_most_in_the_same_direction_is_named() -> None:
    layers = list(SAMPLE.layers)
    layers[0] = dataclasses.replace(layers[0], bytes=layers[0].bytes + 300)
    layers[2] = dataclasses.replace(layers[2], bytes=layers[2].bytes + 500)
    layers[4] = dataclasses.replace(layers[4], bytes=layers[4].bytes - 9000)
    new = changed(SAMPLE, layers=tuple(layers))
    up = mover_of("artifact.bytes", 100, SAMPLE, new)
    down = mover_of("artifact.bytes", -100, SAMPLE, new)
    assert up is not None
    assert down is not None
    assert (up.name, up.change, up.unit) == ("CONV_2D 'm/pw_1/Relu'", 500, "B")
    assert (down.name, down.change) == ("FULLY_CONNECTED 'm/dense'", -9000)


def test_a_layer_that_is_new_moved_by_all_it_has() -> None:
    new = changed(SAMPLE, layers=(*SAMPLE.layers, layer(5, "CONV_2D", "extra", macs=7_000)))
    mover = mover_of("compute.macs", 7_000, SAMPLE, new)
    assert mover is not None
    assert (mover.name, mover.change) == ("CONV_2D 'extra'", 7_000)


def test_layers_of_one_name_are_told_apart() -> None:
    twins = tuple(layer(i, "ADD", "same", bytes=10) for i in range(2))
    old = changed(SAMPLE, layers=twins)
    new = changed(SAMPLE, layers=(twins[0], dataclasses.replace(twins[1], bytes=15)))
    mover = mover_of("weights.bytes", 5, old, new)
    assert mover is not None
    assert mover.name == "ADD 'same' (2)"


def test_the_runtime_is_named_where_no_layer_moved_deploy_bytes() -> None:
    new = with_figure(with_figure(SAMPLE, "runtime.bytes", value=9_504), "deploy.bytes", value=63_440)
    mover = moved(SAMPLE, new)["deploy.bytes"].mover
    assert mover is not None
    assert (mover.name, mover.change) == ("runtime.bytes", 2000)


def test_nobody_is_blamed_for_what_no_layer_explains() -> None:
    new = with_figure(SAMPLE, "artifact.bytes", value=54_000)
    assert moved(SAMPLE, new)["artifact.bytes"].mover is None
    assert mover_of("unheard.of", 1, SAMPLE, new) is None


def test_noise_is_blamed_on_the_layer_that_got_noisier_not_on_one_that_is_new() -> None:
    noisier = dataclasses.replace(SAMPLE.layers[1], sqnr_db=12.0)
    new = changed(SAMPLE, layers=(SAMPLE.layers[0], noisier, layer(7, "ADD", "new", sqnr_db=3.0)))
    mover = mover_of("fidelity.sqnr_db", -5, SAMPLE, new)
    assert mover is not None
    assert (mover.name, round(mover.change, 1)) == ("DEPTHWISE_CONV_2D 'm/dw_1/Relu'", -12.9)


def test_the_arena_is_blamed_on_the_operator_at_its_new_peak() -> None:
    rows = (
        MemoryRow(tensor="a", offset=0, bytes=8_000, first=0, last=1),
        MemoryRow(tensor="b", offset=8_000, bytes=20_000, first=1, last=2),
    )
    new = changed(SAMPLE, memory=Memory(arena_bytes=28_000, lower_bound_bytes=28_000, rows=rows))
    mover = mover_of("ram.arena.bytes", 12_000, SAMPLE, new)
    assert mover is not None
    assert (mover.name, mover.change) == ("DEPTHWISE_CONV_2D 'm/dw_1/Relu'", 12_000)
    assert mover_of("ram.arena.bytes", 1, changed(SAMPLE, memory=None), new) is None


def test_unknown_figures_come_last_in_order_of_name() -> None:
    extra = tuple(Figure(**{**dataclasses.asdict(SAMPLE.figures[0]), "name": n}) for n in ("zz", "aa"))
    names = [m.name for m in movements(SAMPLE, changed(SAMPLE, figures=(*extra, *SAMPLE.figures)))]
    assert names[0] == "deploy.bytes"
    assert names[-2:] == ["aa", "zz"]
