// Pools: maximum and average behind a window that runs by channel, and averages over a whole image.
#ifndef EDGEPACK_POOL_H
#define EDGEPACK_POOL_H

#include "edgepack_requantize.h"

namespace ep {

template <int PIXELS, int CHANNELS, int TAPS, int LANES>
void pool_max(stream<LANES> &in, stream<LANES> &out, int low, int high) {
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

/// sum / count, rounded half away from zero; `reciprocal` is ceil(2^shift / count), exact for every sum of int8.
inline int32_t rounded_quotient(int32_t sum, int count, uint32_t reciprocal, int shift) {
    EP_PRAGMA(INLINE)
    const uint32_t size = static_cast<uint32_t>(sum < 0 ? -sum : sum) + static_cast<uint32_t>(count / 2);
    const int32_t quotient = static_cast<int32_t>((static_cast<uint64_t>(size) * reciprocal) >> shift);
    return sum < 0 ? -quotient : quotient;
}

/// Averages over the part of each window that lies inside the image; the window's padding must be 0.
template <typename SHAPE, int LANES>
void pool_average(stream<LANES> &in, stream<LANES> &out,
                  const uint32_t (&reciprocal)[SHAPE::KERNEL_H * SHAPE::KERNEL_W + 1], int shift, int low, int high) {
    const int TAPS = SHAPE::KERNEL_H * SHAPE::KERNEL_W;
    int32_t sum[LANES];
    EP_PRAGMA(ARRAY_PARTITION variable = sum complete)
    for (int oy = 0; oy < SHAPE::OUT_H; ++oy) {
        const int top = oy * SHAPE::STRIDE_H - SHAPE::PAD_TOP;
        const int bottom = top + SHAPE::KERNEL_H < SHAPE::IN_H ? top + SHAPE::KERNEL_H : SHAPE::IN_H;
        const int rows = bottom - (top < 0 ? 0 : top);
        for (int ox = 0; ox < SHAPE::OUT_W; ++ox) {
            const int left = ox * SHAPE::STRIDE_W - SHAPE::PAD_LEFT;
            const int right = left + SHAPE::KERNEL_W < SHAPE::IN_W ? left + SHAPE::KERNEL_W : SHAPE::IN_W;
            const int count = rows * (right - (left < 0 ? 0 : left));
            counter<TAPS> tap = 0;
            for (int i = 0; i < SHAPE::CHANNELS / LANES * TAPS; ++i) {
                EP_PIPELINE(1)
                const word<LANES> x = in.read();
                for (int l = 0; l < LANES; ++l) {
                    EP_PRAGMA(UNROLL)
                    sum[l] = (tap == 0 ? 0 : sum[l]) + get<LANES>(x, l);
                }
                tap = tap + 1;
                if (tap == TAPS) {
                    tap = 0;
                    word<LANES> result;
                    for (int l = 0; l < LANES; ++l) {
                        EP_PRAGMA(UNROLL)
                        const int32_t mean = rounded_quotient(sum[l], count, reciprocal[count], shift);
                        put<LANES>(result, l, static_cast<integer<8>>(clamp(mean, low, high)));
                    }
                    out.write(result);
                }
            }
        }
    }
}

/// Sums each channel over all pixels; CHANNELS / LANES groups of sums come out after the last pixel.
template <int PIXELS, int CHANNELS, int LANES, int ACC>
void sum_pixels(stream<LANES> &in, stream<LANES, ACC> &out) {
    const int GROUPS = CHANNELS / LANES;
    word<LANES, ACC> sums[GROUPS];
    counter<GROUPS> group = 0;
    for (int i = 0; i < PIXELS * GROUPS; ++i) {
        EP_PIPELINE(1)
        const word<LANES> x = in.read();
        const word<LANES, ACC> before = sums[group];
        word<LANES, ACC> after;
        for (int l = 0; l < LANES; ++l) {
            EP_PRAGMA(UNROLL)
            const integer<ACC> start = i < GROUPS ? static_cast<integer<ACC>>(0) : get<LANES, ACC>(before, l);
            put<LANES, ACC>(after, l, start + get<LANES>(x, l));
        }
        sums[group] = after;
        group = next<GROUPS>(group);
    }
    for (int i = 0; i < GROUPS; ++i) {
        EP_PIPELINE(1)
        out.write(sums[i]);
    }
}

/// The average of a whole image from its sums.
template <int CHANNELS, int LANES, int ACC>
void divide(stream<LANES, ACC> &in, stream<LANES> &out, int count, uint32_t reciprocal, int shift, int low, int high) {
    for (int i = 0; i < CHANNELS / LANES; ++i) {
        EP_PIPELINE(1)
        const word<LANES, ACC> sums = in.read();
        word<LANES> result;
        for (int l = 0; l < LANES; ++l) {
            EP_PRAGMA(UNROLL)
            const int32_t mean = rounded_quotient(get<LANES, ACC>(sums, l), count, reciprocal, shift);
            put<LANES>(result, l, static_cast<integer<8>>(clamp(mean, low, high)));
        }
        out.write(result);
    }
}

}  // namespace ep

#endif
