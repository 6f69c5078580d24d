// The sliding window: a line buffer that turns pixels in raster order into the neighbourhoods that a kernel reads.
#ifndef EDGEPACK_WINDOW_H
#define EDGEPACK_WINDOW_H

#include "edgepack_stream.h"

namespace ep {

constexpr int larger(int a, int b) { return a > b ? a : b; }

/// Shape of a sliding window: every member a constant.
///
/// BY_CHANNEL false: a pixel's beats come as (ky, kx, channels), for units that sum over channels;
/// BY_CHANNEL true: as (channels, ky, kx), for units that treat each channel alone.
template <int IN_H_, int IN_W_, int CHANNELS_, int KERNEL_H_, int KERNEL_W_, int STRIDE_H_, int STRIDE_W_, int DILATION_H_,
          int DILATION_W_, int PAD_TOP_, int PAD_LEFT_, int OUT_H_, int OUT_W_, bool BY_CHANNEL_>
struct window_shape {
    static const int IN_H = IN_H_, IN_W = IN_W_, CHANNELS = CHANNELS_;
    static const int KERNEL_H = KERNEL_H_, KERNEL_W = KERNEL_W_, STRIDE_H = STRIDE_H_, STRIDE_W = STRIDE_W_;
    static const int DILATION_H = DILATION_H_, DILATION_W = DILATION_W_;
    static const int PAD_TOP = PAD_TOP_, PAD_LEFT = PAD_LEFT_, OUT_H = OUT_H_, OUT_W = OUT_W_;
    static const bool BY_CHANNEL = BY_CHANNEL_;
    static const int REACH = (KERNEL_H - 1) * DILATION_H + 1;
    static const int ROWS = REACH + STRIDE_H;  // the next rows load while the current ones are read
    static const int FIRST = REACH - PAD_TOP < IN_H ? (REACH > PAD_TOP ? REACH - PAD_TOP : 0) : IN_H;
    static const int LAST = (OUT_H - 1) * STRIDE_H + REACH - PAD_TOP;  // rows that any output needs
    /// Row and column of the image at the window's top left corner: from -PAD up to the last one's successor.
    typedef counter<larger(PAD_TOP, OUT_H * STRIDE_H - PAD_TOP)> top;
    typedef counter<larger(PAD_LEFT, OUT_W * STRIDE_W - PAD_LEFT)> left;
};

/// Position inside one pixel's beats, counted up without a division.
template <typename SHAPE, int TILES>
struct window_counter {
    counter<TILES> tile;
    counter<SHAPE::KERNEL_H> ky;
    counter<SHAPE::KERNEL_W> kx;

    void next() {
        EP_PRAGMA(INLINE)
        if (SHAPE::BY_CHANNEL) {
            kx = kx + 1;
            if (kx == SHAPE::KERNEL_W) {
                kx = 0;
                ky = ky + 1;
            }
            if (ky == SHAPE::KERNEL_H) {
                ky = 0;
                tile = ep::next<TILES>(tile);
            }
        } else {
            tile = tile + 1;
            if (tile == TILES) {
                tile = 0;
                kx = kx + 1;
            }
            if (kx == SHAPE::KERNEL_W) {
                kx = 0;
                ky = ep::next<SHAPE::KERNEL_H>(ky);
            }
        }
    }
    bool at_start() const {
        EP_PRAGMA(INLINE)
        return tile == 0 && ky == 0 && kx == 0;
    }
};

/// Emits OUT_H * OUT_W neighbourhoods; places outside the image hold `padding`.
template <typename SHAPE, int LANES>
void window(stream<LANES> &in, stream<LANES> &out, int padding) {
    EP_PRAGMA(INLINE)
    const int TILES = SHAPE::CHANNELS / LANES;
    const int ROW = SHAPE::IN_W * TILES;
    const int EMIT = SHAPE::OUT_W * SHAPE::KERNEL_H * SHAPE::KERNEL_W * TILES;
    const int LOAD = SHAPE::STRIDE_H * ROW;
    const int ROUND = EMIT > LOAD ? EMIT : LOAD;
    word<LANES> line[SHAPE::ROWS * ROW];
    EP_PRAGMA(BIND_STORAGE variable = line type = ram_s2p)
    word<LANES> outside;
    for (int l = 0; l < LANES; ++l) {
        EP_PRAGMA(UNROLL)
        put<LANES>(outside, l, static_cast<integer<8>>(padding));
    }

    for (int i = 0; i < SHAPE::FIRST * ROW; ++i) {
        EP_PIPELINE(1)
        line[i] = in.read();
    }
    counter<SHAPE::IN_H> loaded = SHAPE::FIRST;                             // rows read so far
    counter<SHAPE::ROWS * ROW> store = SHAPE::FIRST % SHAPE::ROWS * ROW;    // where the next beat goes
    counter<ROW> load_column = 0;
    counter<SHAPE::ROWS> slot = (SHAPE::ROWS - SHAPE::PAD_TOP % SHAPE::ROWS) % SHAPE::ROWS;  // line that holds row `top`
    typename SHAPE::top top = -SHAPE::PAD_TOP;

    // A loop of its own for each row: the pipeline drains in between, so that what is stored in one is there in the next.
    for (int oy = 0; oy < SHAPE::OUT_H; ++oy) {
        window_counter<SHAPE, TILES> at = {0, 0, 0};
        const int below = top + SHAPE::STRIDE_H + SHAPE::REACH;
        const counter<larger(SHAPE::PAD_TOP, SHAPE::IN_H)> wanted = below < SHAPE::IN_H ? below : SHAPE::IN_H;
        typename SHAPE::left left = -SHAPE::PAD_LEFT;
        counter<2 * ROUND> credit = 0;  // spreads LOAD reads evenly over ROUND cycles, so that whoever writes need not stop
        for (int i = 0; i < ROUND; ++i) {
            EP_PIPELINE(1)
            EP_PRAGMA(DEPENDENCE variable = line inter false)
            if (i < EMIT) {
                const int y = top + at.ky * SHAPE::DILATION_H;
                const int x = left + at.kx * SHAPE::DILATION_W;
                const int ahead = slot + at.ky * SHAPE::DILATION_H;
                const int row = ahead < SHAPE::ROWS ? ahead : ahead - SHAPE::ROWS;
                const int start = row * ROW;  // products by constants are shifts and adders, never DSP slices
                EP_PRAGMA(BIND_OP variable = start op = mul impl = fabric)
                const int column = x * TILES;
                EP_PRAGMA(BIND_OP variable = column op = mul impl = fabric)
                const bool inside = y >= 0 && y < SHAPE::IN_H && x >= 0 && x < SHAPE::IN_W;
                out.write(inside ? line[start + column + at.tile] : outside);
                at.next();
                if (at.at_start()) {
                    left = left + SHAPE::STRIDE_W;
                }
            }
            credit = credit + LOAD;
            const bool due = credit >= ROUND;
            if (due) {
                credit = credit - ROUND;
            }
            if (due && oy + 1 < SHAPE::OUT_H && loaded < wanted) {
                line[store] = in.read();
                store = ep::next<SHAPE::ROWS * ROW>(store);
                load_column = load_column + 1;
                if (load_column == ROW) {
                    load_column = 0;
                    loaded = loaded + 1;
                }
            }
        }
        top = top + SHAPE::STRIDE_H;
        const int after = slot + SHAPE::STRIDE_H;
        slot = after < SHAPE::ROWS ? after : after - SHAPE::ROWS;
    }
    // Rows below the last window, of an image that the stride does not divide.
    const int REST = SHAPE::LAST < SHAPE::IN_H ? SHAPE::IN_H - (SHAPE::LAST > SHAPE::FIRST ? SHAPE::LAST : SHAPE::FIRST) : 0;
    for (int i = 0; i < REST * ROW; ++i) {
        EP_PIPELINE(1)
        in.read();
    }
}

}  // namespace ep

#endif
