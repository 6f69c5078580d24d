// Pools: maximum and average behind a window that runs by channel, and averages over a whole image.
#ifndef EDGEPACK_POOL_H
#define EDGEPACK_POOL_H

#include "edgepack_requantize.h"

namespace ep {

template <int PIXELS, int CHANNELS, int TAPS, int LANES>
void pool_max(stream<LANES> &in, stream<LANES> &out, int low, int high) {
    EP_PRAGMA(INLINE)
    word<LANES> best;
    counter<TAPS> tap = 0;
    for (int i = 0; i < PIXELS * (CHANNELS / LANES) * TAPS; ++i) {
        EP_PIPELINE(1)
        const word<LANES> x = in.read();
        for (int l = 0; l < LANES; ++l) {
            EP_PRAGMA(UNROLL)
            if (tap == 0 || get<LANES>(x, l) > get<LANES>(best, l)) {
                put<LANES>(best, l, get<LANES>(x, l));
            }
        }
        tap = tap + 1;
        if (tap == TAPS) {
            tap = 0;
            word<LANES> result;
            for (int l = 0; l < LANES; ++l) {
                EP_PRAGMA(UNROLL)
                put<LANES>(result, l, static_cast<integer<8>>(clamp(get<LANES>(best, l), low, high)));
            }
            out.write(result);
        }
    }
}

/// sum / count, rounded half away from zero, of MOST int8 at most; `reciprocal` is ceil(2^shift / count), exact for every
/// such sum. No factor is wider than it must be: one DSP slice while MOST is below 1000.
template <int MOST>
inline int32_t rounded_quotient(int32_t sum, int count, uint32_t reciprocal, int shift) {
    EP_PRAGMA(INLINE)
    const int SIZE = bits_of(128 * MOST + MOST / 2) + 1;
    const int FACTOR = SIZE + bits_of(MOST) + 1;
    const integer<SIZE> size = (sum < 0 ? -sum : sum) + count / 2;
    const integer<FACTOR> factor = static_cast<int32_t>(reciprocal);
    const integer<SIZE + FACTOR> product = static_cast<integer<SIZE + FACTOR>>(size) * factor;
    EP_PRAGMA(BIND_OP variable = product op = mul impl = dsp)
    const int32_t quotient = static_cast<int32_t>(product >> shift);
    return sum < 0 ? -quotient : quotient;
}

/// Averages over the part of each window that lies inside the image; the window's padding must be 0.
template <typename SHAPE, int LANES>
void pool_average(stream<LANES> &in, stream<LANES> &out,
                  const uint32_t (&reciprocal)[SHAPE::KERNEL_H * SHAPE::KERNEL_W + 1], int shift, int low, int high) {
    EP_PRAGMA(INLINE)
    const int TAPS = SHAPE::KERNEL_H * SHAPE::KERNEL_W;
    const int GROUPS = SHAPE::CHANNELS / LANES;
    integer<bits_of(128 * TAPS) + 1> sum[LANES];
    EP_PRAGMA(ARRAY_PARTITION variable = sum complete)
    int top = -SHAPE::PAD_TOP;
    int left = -SHAPE::PAD_LEFT;
    counter<SHAPE::OUT_W> column = 0;
    counter<GROUPS> group = 0;
    counter<TAPS> tap = 0;
    for (int i = 0; i < SHAPE::OUT_H * SHAPE::OUT_W * GROUPS * TAPS; ++i) {  // one loop, so that no pixel drains the pipeline
        EP_PIPELINE(1)
        const word<LANES> x = in.read();
        for (int l = 0; l < LANES; ++l) {
            EP_PRAGMA(UNROLL)
            sum[l] = (tap == 0 ? 0 : static_cast<int>(sum[l])) + get<LANES>(x, l);
        }
        tap = tap + 1;
        if (tap == TAPS) {
            tap = 0;
            const int bottom = top + SHAPE::KERNEL_H < SHAPE::IN_H ? top + SHAPE::KERNEL_H : SHAPE::IN_H;
            const int right = left + SHAPE::KERNEL_W < SHAPE::IN_W ? left + SHAPE::KERNEL_W : SHAPE::IN_W;
            const counter<SHAPE::KERNEL_H> rows = static_cast<counter<SHAPE::KERNEL_H>>(bottom - (top < 0 ? 0 : top));
            const counter<SHAPE::KERNEL_W> columns = static_cast<counter<SHAPE::KERNEL_W>>(right - (left < 0 ? 0 : left));
            const counter<TAPS> count = static_cast<counter<TAPS>>(rows * columns);
            EP_PRAGMA(BIND_OP variable = count op = mul impl = fabric)
            word<LANES> result;
            for (int l = 0; l < LANES; ++l) {
                EP_PRAGMA(UNROLL)
                const int32_t mean = rounded_quotient<TAPS>(sum[l], count, reciprocal[count], shift);
                put<LANES>(result, l, static_cast<integer<8>>(clamp(mean, low, high)));
            }
            out.write(result);
            group = next<GROUPS>(group);
            if (group == 0) {
                column = next<SHAPE::OUT_W>(column);
                left = left + SHAPE::STRIDE_W;
                if (column == 0) {
                    left = -SHAPE::PAD_LEFT;
                    top = top + SHAPE::STRIDE_H;
                }
            }
        }
    }
}

/// Sums each channel over all pixels; CHANNELS / LANES groups of sums come out after the last pixel. A group's sum is needed
/// again GROUPS cycles later, which is sooner than a memory can give it back where the groups are few: FEW keeps them in
/// registers.
template <int PIXELS, int CHANNELS, int LANES, int ACC, bool FEW>
void sum_pixels(stream<LANES> &in, stream<LANES, ACC> &out) {
    EP_PRAGMA(INLINE)
    const int GROUPS = CHANNELS / LANES;
    const int REGISTERS = FEW ? GROUPS : 1;
    word<LANES, ACC> sums[GROUPS];
    EP_PRAGMA(DEPENDENCE variable = sums inter RAW distance = GROUPS true)
    word<LANES, ACC> registers[REGISTERS];
    EP_PRAGMA(ARRAY_PARTITION variable = registers complete)
    counter<GROUPS> group = 0;
    for (int i = 0; i < PIXELS * GROUPS; ++i) {
        EP_PIPELINE(1)
        const word<LANES> x = in.read();
        const word<LANES, ACC> before = FEW ? registers[FEW ? static_cast<int>(group) : 0] : sums[group];
        word<LANES, ACC> after;
        for (int l = 0; l < LANES; ++l) {
            EP_PRAGMA(UNROLL)
            const integer<ACC> start = i < GROUPS ? static_cast<integer<ACC>>(0) : get<LANES, ACC>(before, l);
            put<LANES, ACC>(after, l, start + get<LANES>(x, l));
        }
        if (FEW) {
            registers[FEW ? static_cast<int>(group) : 0] = after;
        } else {
            sums[group] = after;
        }
        group = next<GROUPS>(group);
    }
    for (int i = 0; i < GROUPS; ++i) {
        EP_PIPELINE(1)
        out.write(FEW ? registers[FEW ? i : 0] : sums[i]);
    }
}

/// The average of a whole image from its sums.
template <int COUNT, int CHANNELS, int LANES, int ACC>
void divide(stream<LANES, ACC> &in, stream<LANES> &out, uint32_t reciprocal, int shift, int low, int high) {
    EP_PRAGMA(INLINE)
    for (int i = 0; i < CHANNELS / LANES; ++i) {
        EP_PIPELINE(1)
        const word<LANES, ACC> sums = in.read();
        word<LANES> result;
        for (int l = 0; l < LANES; ++l) {
            EP_PRAGMA(UNROLL)
            const int32_t mean = rounded_quotient<COUNT>(get<LANES, ACC>(sums, l), COUNT, reciprocal, shift);
            put<LANES>(result, l, static_cast<integer<8>>(clamp(mean, low, high)));
        }
        out.write(result);
    }
}

}  // namespace ep

#endif
