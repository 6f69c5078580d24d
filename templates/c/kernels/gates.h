/* Logistic and hyperbolic tangent of 16-bit integers in gemmlowp's fixed point: results in Q0.15. */
#ifndef EDGEPACK_GATES_H
#define EDGEPACK_GATES_H

#include "fixed_point.h"

/* round(a * b / 2^15), ties upwards. */
EP_INLINE int32_t ep_gate_mul(int32_t a, int32_t b) { return (a * b + (1 << 14)) >> 15; }

/* exp(a) in Q0.15 for a <= 0 with `bits` integer bits: a Taylor series about -1/8 on the last quarter, then a factor for
   each bit of the rest. */
EP_INLINE int32_t ep_gate_exp(int32_t a, int32_t bits)
{
    static const int16_t factors[] = {25520, 19875, 12055, 4435, 600, 11, 0};
    const int32_t fraction = 15 - bits, quarter = 1 << (fraction - 2);
    const int32_t remainder = (a & (quarter - 1)) - quarter, rest = remainder - a;
    const int32_t x = remainder * (1 << bits) + (1 << 12);
    const int32_t x2 = ep_gate_mul(x, x), x3 = ep_gate_mul(x2, x), x4 = ep_gate_mul(x2, x2);
    const int32_t tail = ep_gate_mul(ep_divide_pow2(x4, 2) + x3, 10923) + x2;
    int32_t result = 28918 + ep_gate_mul(28918, x + ep_divide_pow2(tail, 1));
    if (a == 0)
        return 32767;
    for (int32_t k = 0; k < bits + 2 && k < 7; k++)
        if (rest & (1 << (fraction - 2 + k)))
            result = ep_gate_mul(result, factors[k]);
    return result;
}

/* 2 / (1 + a) in Q2.13 for a in [0, 1] in Q0.15: Newton's method. */
EP_INLINE int32_t ep_gate_reciprocal(int32_t a)
{
    const int32_t half = (a + 32768) >> 1;
    int32_t x = 23130 + ep_gate_mul(half, -15420);
    for (int32_t k = 0; k < 3; k++)
        x += ep_clamp(ep_gate_mul(x, (1 << 13) - ep_gate_mul(half, x)) * 4, -32768, 32767);
    return x;
}

/* 1 / (1 + exp(-x)) of Q3.12. */
EP_INLINE int32_t ep_gate_logistic(int32_t x)
{
    if (x == 0)
        return 1 << 14;
    const int32_t positive = ep_min(ep_gate_reciprocal(ep_gate_exp(x < 0 ? x : -x, 3)) * 2, 32767);
    return x > 0 ? positive : 32767 - positive;
}

/* tanh(x) of a number with `bits` integer bits. */
EP_INLINE int32_t ep_gate_tanh(int32_t x, int32_t bits)
{
    if (x == 0)
        return 0;
    const int32_t e = ep_gate_exp(x < 0 ? x : -x, bits + 1);
    const int32_t size = ep_clamp((ep_gate_reciprocal(e) - (1 << 13)) * 4, -32768, 32767);
    return x < 0 ? -size : size;
}

#endif
