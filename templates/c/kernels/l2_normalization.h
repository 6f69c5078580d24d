/* L2_NORMALIZATION of int8: each row of the innermost dimension divided by its length, in units of 1/128. */
#ifndef EDGEPACK_L2_NORMALIZATION_H
#define EDGEPACK_L2_NORMALIZATION_H

#include "fixed_point.h"

typedef struct {
    int32_t rows, depth;
    int32_t zero; /* The input's zero point. */
} ep_l2_normalization;

/* v * 2^left, saturated. */
EP_INLINE int32_t ep_raised(int32_t v, int32_t left)
{
    const int32_t most = INT32_MAX >> left;
    return v > most ? INT32_MAX : v < -most - 1 ? INT32_MIN : v * (1 << left);
}

/* 1 / sqrt(v) as a mantissa and a shift of ep_multiply, 0 as 1: v is brought to [2^27, 2^29) by an even shift, then five
   steps of Newton's method in Q3.28, and half the root of 2. */
static int32_t ep_inverse_sqrt(int32_t v, int32_t *shift)
{
    int32_t right = 11, x = 1 << 28;
    *shift = 0;
    if (v <= 1)
        return INT32_MAX;
    for (; v >= 1 << 29; v /= 4)
        right++;
    for (; v < 1 << 27; v *= 4)
        right--;
    const int32_t half = ep_divide_pow2(v >> 1, 1);
    for (int32_t i = 0; i < 5; i++) {
        const int32_t cubed = ep_raised(ep_high_mul(ep_high_mul(x, x), x), 6);
        x = ep_raised(ep_high_mul((1 << 28) + (1 << 27), x) - ep_high_mul(half, cubed), 3);
    }
    x = ep_high_mul(x, 1518500250);
    if (right < 0)
        return x * (1 << -right);
    *shift = -right;
    return x;
}

static void ep_l2_normalization_run(const ep_l2_normalization *l, const int8_t *in, int8_t *out)
{
    for (int32_t row = 0; row < l->rows; row++, in += l->depth, out += l->depth) {
        int32_t total = 0, shift;
        for (int32_t i = 0; i < l->depth; i++)
            total += (in[i] - l->zero) * (in[i] - l->zero);
        const int32_t mantissa = ep_inverse_sqrt(total, &shift);
        for (int32_t i = 0; i < l->depth; i++)
            out[i] = (int8_t)ep_clamp(ep_multiply(in[i] - l->zero, mantissa, shift + 7), -128, 127);
    }
}

#endif
