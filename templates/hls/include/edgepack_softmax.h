// Softmax in fixed point, step by step as TFLite's reference kernel for int8.
#ifndef EDGEPACK_SOFTMAX_H
#define EDGEPACK_SOFTMAX_H

#include "edgepack_requantize.h"

namespace ep {

/// Product of two fixed-point numbers whose integer bits add up; not both may be the least number.
inline int32_t fixed_multiply(int32_t a, int32_t b) {
    EP_PRAGMA(INLINE)
    const int64_t product = static_cast<int64_t>(a) * b;
    return static_cast<int32_t>((product + (1 << 30)) >> 31);
}

/// 1 / (1 + x) for x in [0, 1), both with 31 fractional bits: three Newton steps from 48/17 - 32/17 x.
inline int32_t reciprocal_of_one_plus(int32_t x) {
    EP_PRAGMA(INLINE off)
    EP_PRAGMA(ALLOCATION operation instances = mul limit = 1)
    const int32_t half = static_cast<int32_t>((static_cast<int64_t>(x) + INT32_MAX + 1) >> 1);  // (1 + x) / 2
    const int32_t two_29 = 1 << 29;                                                             // 1.0 with 29 bits
    int32_t guess = 1515870810 + fixed_multiply(half, -1010580540);                             // 48/17, -32/17
    for (int step = 0; step < 3; ++step) {
        const int32_t error = two_29 - fixed_multiply(half, guess);
        const int64_t move = static_cast<int64_t>(fixed_multiply(guess, error)) * 4;
        guess += static_cast<int32_t>(move > INT32_MAX ? INT32_MAX : (move < INT32_MIN ? INT32_MIN : move));
    }
    const int64_t doubled = static_cast<int64_t>(guess) * 2;
    return static_cast<int32_t>(doubled > INT32_MAX ? INT32_MAX : doubled);
}

/// `exponent[d]` is exp(-d * scale * beta) with 31 fractional bits, 0 where the difference is too large to count.
template <int ROWS, int CLASSES>
void softmax(stream<1> &in, stream<1> &out, const int32_t (&exponent)[256]) {
    EP_PRAGMA(INLINE)
    integer<8> held[CLASSES];
    for (int row = 0; row < ROWS; ++row) {
        int32_t most = -128;
        for (int c = 0; c < CLASSES; ++c) {
            EP_PIPELINE(1)
            const integer<8> value = get<1>(in.read(), 0);
            held[c] = value;
            most = value > most ? static_cast<int32_t>(value) : most;
        }
        int32_t sum = 0;  // 12 integer bits
        for (int c = 0; c < CLASSES; ++c) {
            EP_PIPELINE(1)
            sum += rounding_shift(exponent[most - held[c]], 12);
        }
        int zeros = 0;
        for (int bit = 31; bit > 0; --bit) {
            EP_PIPELINE(1)
            zeros += (sum >> bit) == 0 ? 1 : 0;
        }
        const uint32_t fraction = (static_cast<uint32_t>(sum) << zeros) - (static_cast<uint32_t>(1) << 31);
        const int32_t scale = reciprocal_of_one_plus(static_cast<int32_t>(fraction));
        for (int c = 0; c < CLASSES; ++c) {
            EP_PIPELINE(4)
            EP_PRAGMA(ALLOCATION operation instances = mul limit = 1)
            const int32_t share = fixed_multiply(scale, exponent[most - held[c]]);
            const int32_t value = rounding_shift(share, 12 - zeros + 31 - 8) - 128;
            word<1> result;
            put<1>(result, 0, static_cast<integer<8>>(clamp(value, -128, 127)));
            out.write(result);
        }
    }
}

}  // namespace ep

#endif
