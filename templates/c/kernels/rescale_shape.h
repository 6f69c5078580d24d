/* What changes the scale of integers one by one, with a slope of its own below zero. */
#ifndef EDGEPACK_RESCALE_SHAPE_H
#define EDGEPACK_RESCALE_SHAPE_H

#include "fixed_point.h"

typedef struct {
    int32_t count;
    int32_t zero, output_zero; /* Zero points. */
    int32_t multiplier, shift;
    int32_t below_sign, below_multiplier, below_shift; /* Of what is less than zero. */
    int32_t low, high;
} ep_rescale;

EP_INLINE int32_t ep_rescale_one(const ep_rescale *r, int32_t v)
{
    const int32_t x = v - r->zero;
    const int32_t q = x < 0 ? r->below_sign * ep_multiply(x, r->below_multiplier, r->below_shift)
                            : ep_multiply(x, r->multiplier, r->shift);
    return ep_clamp(q, r->low - r->output_zero, r->high - r->output_zero) + r->output_zero;
}

#endif
