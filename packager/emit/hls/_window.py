"""Sliding windows: TFLite's padding rule and the line buffer's shape."""

import dataclasses

from packager.emit.hls._contract import Op
from packager.emit.hls._stage import Stage
from packager.ops._windows import Axis, axes_of
from packager.plan.fpga_estimate import window as window_cost


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """A window over an image of `in_h` x `in_w` x `channels`."""

    in_h: int
    in_w: int
    channels: int
    rows: Axis
    columns: Axis
    by_channel: bool

    @property
    def trivial(self) -> bool:
        """Each output pixel is one input pixel: nothing to buffer."""
        return all(a.size == 1 and a.stride == 1 for a in (self.rows, self.columns))

    @property
    def whole(self) -> bool:
        """One window that is the image."""
        return (self.rows.size, self.columns.size) == (self.in_h, self.in_w) and self.pixels == 1 and not self.padded

    @property
    def padded(self) -> bool:
        return any(a.before or a.after for a in (self.rows, self.columns))

    @property
    def pixels(self) -> int:
        return self.rows.steps * self.columns.steps

    @property
    def taps(self) -> int:
        return self.rows.size * self.columns.size

    @property
    def first_rows(self) -> int:
        """Input rows that the first output row needs."""
        return min(max((self.rows.size - 1) * self.rows.dilation + 1 - self.rows.before, 0), self.in_h)

    @property
    def rest_rows(self) -> int:
        """Input rows below the last window, of an image that the stride does not divide."""
        reach = (self.rows.size - 1) * self.rows.dilation + 1
        last = (self.rows.steps - 1) * self.rows.stride + reach - self.rows.before
        return max(self.in_h - max(last, self.first_rows), 0)

    def definition(self) -> str:
        """The template that describes it in the code."""
        r, c = self.rows, self.columns
        numbers = (self.in_h, self.in_w, self.channels, r.size, c.size, r.stride, c.stride, r.dilation, c.dilation)
        ends = (r.before, c.before, r.steps, c.steps)
        return f"ep::window_shape<{', '.join(str(n) for n in (*numbers, *ends))}, {str(self.by_channel).lower()}>"

    def cycles(self, lanes: int) -> int:
        """Of `ep::window`: the first rows, then each output row while the next input rows load, then the rest."""
        row = self.in_w * (self.channels // lanes)
        emit = self.columns.steps * self.taps * (self.channels // lanes)
        return (self.first_rows + self.rest_rows) * row + self.rows.steps * max(emit, self.rows.stride * row)

    def stage(self, lanes: int, padding: int) -> Stage:
        row = self.in_w * (self.channels // lanes)
        depth = (self.rows.size - 1) * self.rows.dilation + 1 + self.rows.stride
        return Stage(
            name="window",
            call=f"window<{{shape}}, {lanes}>",
            lanes_in=lanes,
            lanes_out=lanes,
            values=self.pixels * self.taps * self.channels,
            cycles=self.cycles(lanes),
            filling=(self.first_rows + self.rest_rows) * row,
            starts=self.rows.steps + bool(self.first_rows) + bool(self.rest_rows),
            cost=window_cost(lanes, depth * row),
            scalars=(padding,),
            tokens_in=self.first_rows * row,
            tokens_left=self.rest_rows * row,
            ahead=max(self.first_rows, self.rows.stride) * row,
            shape=self.definition(),
            sum=f"{self.first_rows + self.rest_rows} rows first and last x {row}"
            f" + {self.rows.steps} rows x max({self.columns.steps} x {self.taps} taps x {self.channels}/{lanes}"
            f", {self.rows.stride} x {row})",
        )


def window_of(op: Op, kernel: tuple[int, int], *, by_channel: bool) -> Window:
    dims = op.input(0).dims
    rows, columns = axes_of(op.call, dims, *kernel)
    return Window(in_h=dims[1], in_w=dims[2], channels=dims[3], rows=rows, columns=columns, by_channel=by_channel)
