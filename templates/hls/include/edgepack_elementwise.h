// Value by value: two streams into one, any function of one int8 by table.
#ifndef EDGEPACK_ELEMENTWISE_H
#define EDGEPACK_ELEMENTWISE_H

#include "edgepack_requantize.h"

namespace ep {

/// Table place of an int8: its bits, unsigned.
inline int place(integer<8> value) {
    EP_PRAGMA(INLINE)
    return static_cast<int>(value) & 0xff;
}

/// Sum of two tensors with scales of their own. The first rescaling of TFLite's addition is a function of one int8, so
/// it comes from a table; the second is a multiplication.
template <int TOTAL, int LANES>
void add(stream<LANES> &a, stream<LANES> &b, stream<LANES> &out, const int32_t (&table_a)[256],
         const int32_t (&table_b)[256], int32_t multiplier, int right_shift, int zero_point, int low, int high) {
    EP_PRAGMA(INLINE)
    EP_PRAGMA(BIND_STORAGE variable = table_a type = rom_np impl = lutram)
    EP_PRAGMA(BIND_STORAGE variable = table_b type = rom_np impl = lutram)
    for (int i = 0; i < TOTAL / LANES; ++i) {
        EP_PIPELINE(1)
        const word<LANES> x = a.read();
        const word<LANES> y = b.read();
        word<LANES> result;
        for (int l = 0; l < LANES; ++l) {
            EP_PRAGMA(UNROLL)
            const int32_t sum = table_a[place(get<LANES>(x, l))] + table_b[place(get<LANES>(y, l))];
            const int32_t scaled = rounding_shift(doubling_high_multiply<32>(sum, multiplier), right_shift);
            put<LANES>(result, l, static_cast<integer<8>>(clamp(scaled + zero_point, low, high)));
        }
        out.write(result);
    }
}

/// Product of two tensors, each less its zero point. LEFT bits of positive shift.
template <int TOTAL, int LANES, int LEFT>
void multiply_values(stream<LANES> &a, stream<LANES> &b, stream<LANES> &out, int zero_a, int zero_b, int32_t multiplier,
                     int right_shift, int zero_point, int low, int high) {
    EP_PRAGMA(INLINE)
    for (int i = 0; i < TOTAL / LANES; ++i) {
        EP_PIPELINE(1)
        const word<LANES> x = a.read();
        const word<LANES> y = b.read();
        word<LANES> result;
        for (int l = 0; l < LANES; ++l) {
            EP_PRAGMA(UNROLL)
            const integer<9> first = get<LANES>(x, l) - zero_a;
            const integer<9> second = get<LANES>(y, l) - zero_b;
            const integer<18> product = static_cast<integer<18>>(first) * second;
            EP_PRAGMA(BIND_OP variable = product op = mul impl = dsp)
            const integer<18 + LEFT> raised = static_cast<integer<18 + LEFT>>(product) * (1 << LEFT);
            const int32_t scaled = rounding_shift(doubling_high_multiply<18 + LEFT>(raised, multiplier), right_shift);
            put<LANES>(result, l, static_cast<integer<8>>(clamp(scaled + zero_point, low, high)));
        }
        out.write(result);
    }
}

/// The greater of two values, or the less.
template <int TOTAL, int LANES, bool GREATER>
void extreme(stream<LANES> &a, stream<LANES> &b, stream<LANES> &out) {
    EP_PRAGMA(INLINE)
    for (int i = 0; i < TOTAL / LANES; ++i) {
        EP_PIPELINE(1)
        const word<LANES> x = a.read();
        const word<LANES> y = b.read();
        word<LANES> result;
        for (int l = 0; l < LANES; ++l) {
            EP_PRAGMA(UNROLL)
            const integer<8> first = get<LANES>(x, l);
            const integer<8> second = get<LANES>(y, l);
            put<LANES>(result, l, (first > second) == GREATER ? first : second);
        }
        out.write(result);
    }
}

/// Any function of one int8.
template <int TOTAL, int LANES>
void lookup(stream<LANES> &in, stream<LANES> &out, const int8_t (&table)[256]) {
    EP_PRAGMA(INLINE)
    EP_PRAGMA(BIND_STORAGE variable = table type = rom_np impl = lutram)
    for (int i = 0; i < TOTAL / LANES; ++i) {
        EP_PIPELINE(1)
        const word<LANES> x = in.read();
        word<LANES> result;
        for (int l = 0; l < LANES; ++l) {
            EP_PRAGMA(UNROLL)
            put<LANES>(result, l, table[place(get<LANES>(x, l))]);
        }
        out.write(result);
    }
}

}  // namespace ep

#endif
