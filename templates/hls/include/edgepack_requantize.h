// From accumulators to int8, in integers only, with the rounding of TFLite's reference kernels.
#ifndef EDGEPACK_REQUANTIZE_H
#define EDGEPACK_REQUANTIZE_H

#include "edgepack_stream.h"

namespace ep {

inline int32_t clamp(int32_t value, int32_t low, int32_t high) {
    EP_PRAGMA(INLINE)
    return value < low ? low : (value > high ? high : value);
}

/// round(a * m / 2^31), ties upwards.
/// `a` has A bits. The multiplier enters in two halves of 16 bits, so that each product fits one DSP slice while A <= 25.
template <int A>
inline int32_t doubling_high_multiply(integer<A> a, int32_t m) {
    EP_PRAGMA(INLINE)
    const integer<17> high = m >> 16;
    const integer<17> low = m & 0xffff;
    const integer<A + 17> upper = static_cast<integer<A + 17>>(a) * high;
    const integer<A + 17> lower = static_cast<integer<A + 17>>(a) * low;
    const int64_t product = static_cast<int64_t>(upper) * 65536 + static_cast<int64_t>(lower);
    return static_cast<int32_t>((product + (1 << 30)) >> 31);
}

/// round(value / 2^exponent), ties away from zero; exponent 0 to 31.
inline int32_t rounding_shift(int32_t value, int exponent) {
    EP_PRAGMA(INLINE)
    const int32_t mask = static_cast<int32_t>((static_cast<uint32_t>(1) << exponent) - 1);
    const int32_t threshold = (mask >> 1) + (value < 0 ? 1 : 0);
    return (value >> exponent) + ((value & mask) > threshold ? 1 : 0);
}

/// Two roundings, as convolutions do: `accumulator * multiplier * 2^(shift - 31)`. LEFT bits of positive shift at most.
template <int PIXELS, int CHANNELS, int PE, int ACC, int LEFT, int INTERVAL, int UNITS>
void requantize(stream<PE, ACC> &in, stream<PE> &out, const int32_t (&bias)[CHANNELS / PE][PE],
                const int32_t (&multiplier)[CHANNELS / PE][PE], const int8_t (&shift)[CHANNELS / PE][PE], int zero_point,
                int low, int high) {
    EP_PRAGMA(INLINE)
    counter<CHANNELS / PE> group = 0;
    for (int i = 0; i < PIXELS * (CHANNELS / PE); ++i) {
        EP_PIPELINE(INTERVAL)
        EP_PRAGMA(ALLOCATION operation instances = mul limit = UNITS)
        const word<PE, ACC> sums = in.read();
        word<PE> result;
        for (int e = 0; e < PE; ++e) {
            EP_PRAGMA(UNROLL)
            const integer<ACC + LEFT> sum = get<PE, ACC>(sums, e) + bias[group][e];
            const int exponent = shift[group][e];
            integer<ACC + LEFT> raised = sum;
            if (LEFT > 0 && exponent > 0) {
                raised = sum * (1 << exponent);
            }
            const int32_t scaled = doubling_high_multiply<ACC + LEFT>(raised, multiplier[group][e]);
            const int32_t value = rounding_shift(scaled, exponent > 0 ? 0 : -exponent) + zero_point;
            put<PE>(result, e, static_cast<integer<8>>(clamp(value, low, high)));
        }
        out.write(result);
        group = next<CHANNELS / PE>(group);
    }
}

/// One rounding, half away from zero, as fully connected layers do: `accumulator * multiplier / 2^shift`. The generator
/// has proved that multiplier and shift give LiteRT's result for every accumulator that this layer can produce.
template <int PIXELS, int CHANNELS, int PE, int ACC, int FACTOR, int INTERVAL, int UNITS, typename M>
void requantize_once(stream<PE, ACC> &in, stream<PE> &out, const int32_t (&bias)[CHANNELS / PE][PE],
                     const M (&multiplier)[CHANNELS / PE][PE], const int8_t (&shift)[CHANNELS / PE][PE], int zero_point,
                     int low, int high) {
    EP_PRAGMA(INLINE)
    counter<CHANNELS / PE> group = 0;
    for (int i = 0; i < PIXELS * (CHANNELS / PE); ++i) {
        EP_PIPELINE(INTERVAL)
        EP_PRAGMA(ALLOCATION operation instances = mul limit = UNITS)
        const word<PE, ACC> sums = in.read();
        word<PE> result;
        for (int e = 0; e < PE; ++e) {
            EP_PRAGMA(UNROLL)
            const integer<ACC> sum = get<PE, ACC>(sums, e) + bias[group][e];
            integer<ACC + FACTOR + 1> size = sum;
            if (sum < 0) {
                size = -sum;
            }
            const integer<FACTOR + 1> factor = multiplier[group][e];
            const int exponent = shift[group][e];
            const int64_t half = static_cast<int64_t>(1) << (exponent - 1);
            const int64_t scaled = (static_cast<int64_t>(size * factor) + half) >> exponent;
            // Beyond the clamp only the sign matters, and 32 bits might not hold the rest.
            const int32_t near = scaled > 512 ? 512 : static_cast<int32_t>(scaled);
            const int32_t value = (sum < 0 ? -near : near) + zero_point;
            put<PE>(result, e, static_cast<integer<8>>(clamp(value, low, high)));
        }
        out.write(result);
        group = next<CHANNELS / PE>(group);
    }
}

/// One rounding, ties upwards, by a multiplier of 17 bits: `accumulator * multiplier / 2^shift`, shift at least 1. The whole
/// product fits one DSP slice while the accumulator has 25 bits or fewer. Not the integers of any TFLite kernel.
template <int PIXELS, int CHANNELS, int PE, int ACC, int INTERVAL, int UNITS>
void requantize_fast(stream<PE, ACC> &in, stream<PE> &out, const int32_t (&bias)[CHANNELS / PE][PE],
                     const int32_t (&multiplier)[CHANNELS / PE][PE], const int8_t (&shift)[CHANNELS / PE][PE],
                     int zero_point, int low, int high) {
    EP_PRAGMA(INLINE)
    counter<CHANNELS / PE> group = 0;
    for (int i = 0; i < PIXELS * (CHANNELS / PE); ++i) {
        EP_PIPELINE(INTERVAL)
        EP_PRAGMA(ALLOCATION operation instances = mul limit = UNITS)
        const word<PE, ACC> sums = in.read();
        word<PE> result;
        for (int e = 0; e < PE; ++e) {
            EP_PRAGMA(UNROLL)
            const integer<ACC> sum = get<PE, ACC>(sums, e) + bias[group][e];
            const integer<18> factor = multiplier[group][e];
            const integer<ACC + 18> product = static_cast<integer<ACC + 18>>(sum) * factor;
            const int exponent = shift[group][e];
            const int64_t scaled = (static_cast<int64_t>(product) + (static_cast<int64_t>(1) << (exponent - 1))) >> exponent;
            // Beyond the clamp only the sign matters, and 32 bits might not hold the rest.
            const int32_t near = scaled > 512 ? 512 : (scaled < -512 ? -512 : static_cast<int32_t>(scaled));
            put<PE>(result, e, static_cast<integer<8>>(clamp(near + zero_point, low, high)));
        }
        out.write(result);
        group = next<CHANNELS / PE>(group);
    }
}

}  // namespace ep

#endif
