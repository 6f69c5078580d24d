/* Exponential and reciprocal in fixed point: Qm.n has m bits before the point and n behind it. */
#ifndef EDGEPACK_EXPONENTIAL_H
#define EDGEPACK_EXPONENTIAL_H

#include "fixed_point.h"

EP_INLINE int32_t ep_saturate(int64_t v)
{
    return v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : (int32_t)v;
}

/* exp(a) in Q0.31 for a <= 0 in Q5.26: a Taylor series about -1/8 on the last quarter, then a factor for each bit. */
EP_INLINE int32_t ep_exp_negative(int32_t a)
{
    static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    const int32_t quarter = 1 << 24;
    const int32_t remainder = (a & (quarter - 1)) - quarter;
    const int32_t x = remainder * (1 << 5) + (1 << 28);
    const int32_t x2 = ep_high_mul(x, x), x3 = ep_high_mul(x2, x), x4 = ep_high_mul(x2, x2);
    const int32_t tail = ep_high_mul(ep_divide_pow2(x4, 2) + x3, 715827883) + x2;
    int32_t result = 1895147668 + ep_high_mul(1895147668, x + ep_divide_pow2(tail, 1));
    const int32_t rest = remainder - a;
    if (a == 0)
        return INT32_MAX;
    for (int32_t k = 0; k < 7; k++)
        if (rest & (1 << (24 + k)))
            result = ep_high_mul(result, factors[k]);
    return result;
}

/* 1 / (1 + a) in Q0.31 for a in [0, 1] in Q0.31: Newton's method in Q2.29. */
EP_INLINE int32_t ep_one_over_one_plus(int32_t a)
{
    const int32_t half = (int32_t)(((int64_t)a + INT32_MAX + 1) >> 1);
    int32_t x = 1515870810 + ep_high_mul(half, -1010580540);
    for (int32_t k = 0; k < 3; k++) {
        const int32_t error = (1 << 29) - ep_high_mul(half, x);
        x += ep_saturate((int64_t)ep_high_mul(x, error) * 4);
    }
    return ep_saturate((int64_t)x * 2);
}

EP_INLINE int32_t ep_leading_zeros(uint32_t v)
{
    int32_t count = 0;
    while (count < 32 && !(v & (UINT32_C(1) << 31 >> count)))
        count++;
    return count;
}

#endif
