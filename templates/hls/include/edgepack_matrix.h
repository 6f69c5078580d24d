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

/// One step: SIMD products for each of PE rows, summed first, so that no more than one adder stands between an accumulator
/// and itself.
template <int SIMD, int PE, int ACC, bool DSP>
inline void accumulate(integer<ACC> (&sum)[PE], const word<SIMD> &x, const int8_t (&weight)[PE][SIMD], bool first) {
    EP_PRAGMA(INLINE)
    for (int e = 0; e < PE; ++e) {
        EP_PRAGMA(UNROLL)
        integer<ACC> partial = 0;
        for (int l = 0; l < SIMD; ++l) {
            EP_PRAGMA(UNROLL)
            partial += multiply<DSP>(get<SIMD>(x, l), weight[e][l]);
        }
        sum[e] = (first ? static_cast<integer<ACC>>(0) : sum[e]) + partial;
    }
}

template <int PE, int ACC>
inline word<PE, ACC> gather(const integer<ACC> (&sum)[PE]) {
    EP_PRAGMA(INLINE)
    word<PE, ACC> sums;
    for (int e = 0; e < PE; ++e) {
        EP_PRAGMA(UNROLL)
        put<PE, ACC>(sums, e, sum[e]);
    }
    return sums;
}

/// A beat of the vector: read and kept while the first group of rows passes over it, from what was kept for the others.
template <int STEPS, int SIMD>
inline word<SIMD> read_or_held(stream<SIMD> &in, word<SIMD> (&held)[STEPS], counter<STEPS> step, bool fresh) {
    EP_PRAGMA(INLINE)
    word<SIMD> x;
    if (fresh) {
        x = in.read();
        held[step] = x;
    } else {
        x = held[step];
    }
    return x;
}

/// Matrix times vector for each of VECTORS vectors of IN values: convolutions behind a window, fully connected layers.
/// A vector is read once and held while OUT / PE groups of rows pass over it. SETS matrices take turns, vector by vector:
/// the groups of a grouped convolution.
template <int VECTORS, int IN, int OUT, int SIMD, int PE, int ACC, bool DSP, int SETS>
void matrix(stream<SIMD> &in, stream<PE, ACC> &out, const int8_t (&weight)[SETS * (OUT / PE) * (IN / SIMD)][PE][SIMD]) {
    EP_PRAGMA(INLINE)
    const int STEPS = IN / SIMD;
    const int GROUPS = OUT / PE;
    const int ROWS = SETS * GROUPS * STEPS;
    word<SIMD> held[STEPS];
    integer<ACC> sum[PE];
    EP_PRAGMA(ARRAY_PARTITION variable = sum complete)
    counter<STEPS> step = 0;
    counter<GROUPS> group = 0;
    counter<ROWS> row = 0;
    for (int i = 0; i < VECTORS * GROUPS * STEPS; ++i) {
        EP_PIPELINE(1)
        const word<SIMD> x = read_or_held<STEPS, SIMD>(in, held, step, group == 0);
        accumulate<SIMD, PE, ACC, DSP>(sum, x, weight[row], step == 0);
        row = next<ROWS>(row);
        step = step + 1;
        if (step == STEPS) {
            step = 0;
            group = next<GROUPS>(group);
            out.write(gather<PE, ACC>(sum));
        }
    }
}

/// One kernel of TAPS weights for each channel: depthwise convolutions behind a window that runs by channel.
template <int PIXELS, int CHANNELS, int TAPS, int PE, int ACC, bool DSP>
void depthwise(stream<PE> &in, stream<PE, ACC> &out, const int8_t (&weight)[(CHANNELS / PE) * TAPS][PE]) {
    EP_PRAGMA(INLINE)
    const int ROWS = (CHANNELS / PE) * TAPS;
    integer<ACC> sum[PE];
    EP_PRAGMA(ARRAY_PARTITION variable = sum complete)
    counter<TAPS> tap = 0;
    counter<ROWS> row = 0;
    for (int i = 0; i < PIXELS * ROWS; ++i) {
        EP_PIPELINE(1)
        const word<PE> x = in.read();
        for (int e = 0; e < PE; ++e) {
            EP_PRAGMA(UNROLL)
            const integer<ACC> before = tap == 0 ? static_cast<integer<ACC>>(0) : sum[e];
            sum[e] = before + multiply<DSP>(get<PE>(x, e), weight[row][e]);
        }
        row = next<ROWS>(row);
        tap = tap + 1;
        if (tap == TAPS) {
            tap = 0;
            out.write(gather<PE, ACC>(sum));
        }
    }
}

}  // namespace ep

#endif
