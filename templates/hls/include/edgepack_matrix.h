// Multiply-accumulate units: PE rows of SIMD multipliers, one step a cycle.
#ifndef EDGEPACK_MATRIX_H
#define EDGEPACK_MATRIX_H

#include "edgepack_stream.h"

namespace ep {

/// One product of two int8, in a DSP slice or in LUTs, by choice of the generator and not of the tool.
template <bool DSP>
inline integer<16> multiply(integer<8> a, int8_t b) {
    EP_PRAGMA(INLINE)
    if (DSP) {
        const integer<16> product = static_cast<integer<16>>(a) * b;
        EP_PRAGMA(BIND_OP variable = product op = mul impl = dsp)
        return product;
    }
    const integer<16> product = static_cast<integer<16>>(a) * b;
    EP_PRAGMA(BIND_OP variable = product op = mul impl = fabric)
    return product;
}

/// Matrix times vector for each of PIXELS vectors of IN values: convolutions behind a window, fully connected layers.
/// A vector is read once and held while OUT / PE groups of rows pass over it.
template <int PIXELS, int IN, int OUT, int SIMD, int PE, int ACC, bool DSP>
void matrix(stream<SIMD> &in, stream<PE, ACC> &out, const int8_t (&weight)[(OUT / PE) * (IN / SIMD)][PE][SIMD]) {
    const int STEPS = IN / SIMD;
    const int GROUPS = OUT / PE;
    word<SIMD> held[STEPS];
    integer<ACC> sum[PE];
    EP_PRAGMA(ARRAY_PARTITION variable = sum complete)
    int step = 0;
    int group = 0;
    int row = 0;
    for (int i = 0; i < PIXELS * GROUPS * STEPS; ++i) {
        EP_PIPELINE(1)
        word<SIMD> x;
        if (group == 0) {
            x = in.read();
            held[step] = x;
        } else {
            x = held[step];
        }
        for (int e = 0; e < PE; ++e) {
            EP_PRAGMA(UNROLL)
            integer<ACC> total = step == 0 ? static_cast<integer<ACC>>(0) : sum[e];
            for (int l = 0; l < SIMD; ++l) {
                EP_PRAGMA(UNROLL)
                total += multiply<DSP>(get<SIMD>(x, l), weight[row][e][l]);
            }
            sum[e] = total;
        }
        row = row + 1 == GROUPS * STEPS ? 0 : row + 1;
        step = step + 1;
        if (step == STEPS) {
            step = 0;
            group = group + 1 == GROUPS ? 0 : group + 1;
            word<PE, ACC> sums;
            for (int e = 0; e < PE; ++e) {
                EP_PRAGMA(UNROLL)
                put<PE, ACC>(sums, e, sum[e]);
            }
            out.write(sums);
        }
    }
}

/// One kernel of TAPS weights for each channel: depthwise convolutions behind a window that runs by channel.
template <int PIXELS, int CHANNELS, int TAPS, int PE, int ACC, bool DSP>
void depthwise(stream<PE> &in, stream<PE, ACC> &out, const int8_t (&weight)[(CHANNELS / PE) * TAPS][PE]) {
    integer<ACC> sum[PE];
    EP_PRAGMA(ARRAY_PARTITION variable = sum complete)
    int tap = 0;
    int row = 0;
    for (int i = 0; i < PIXELS * (CHANNELS / PE) * TAPS; ++i) {
        EP_PIPELINE(1)
        const word<PE> x = in.read();
        for (int e = 0; e < PE; ++e) {
            EP_PRAGMA(UNROLL)
            const integer<ACC> before = tap == 0 ? static_cast<integer<ACC>>(0) : sum[e];
            sum[e] = before + multiply<DSP>(get<PE>(x, e), weight[row][e]);
        }
        row = row + 1 == (CHANNELS / PE) * TAPS ? 0 : row + 1;
        tap = tap + 1;
        if (tap == TAPS) {
            tap = 0;
            word<PE, ACC> sums;
            for (int e = 0; e < PE; ++e) {
                EP_PRAGMA(UNROLL)
                put<PE, ACC>(sums, e, sum[e]);
            }
            out.write(sums);
        }
    }
}

}  // namespace ep

#endif
