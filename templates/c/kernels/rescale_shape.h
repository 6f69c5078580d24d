/* What changes the scale of integers one by one, with a slope of its own below zero. */
#ifndef EDGEPACK_RESCALE_SHAPE_H
#define EDGEPACK_RESCALE_SHAPE_H

#include "eight.h"

/* Whether some layer has another slope below zero. */
#ifndef EP_SLOPES
#define EP_SLOPES 1
#endif

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
    const int32_t q = EP_SLOPES && x < 0 ? r->below_sign * ep_multiply(x, r->below_multiplier, r->below_shift)
                                         : ep_multiply(x, r->multiplier, r->shift);
    return ep_clamp(q, r->low - r->output_zero, r->high - r->output_zero) + r->output_zero;
}

#if EP_EIGHT

/* What all elements are scaled by. */
typedef struct {
    ep_eight_factor above, below;
    ep_eight sign; /* Of what is less than zero. */
    ep_eight zero;
    ep_eight_ends ends;
} ep_rescale_eight;

EP_INLINE ep_rescale_eight ep_rescale_eight_of(const ep_rescale *r)
{
    const ep_rescale_eight e = {ep_eight_factor_of(r->multiplier, r->shift),
                                ep_eight_factor_of(r->below_multiplier, r->below_shift), ep_eight_all(r->below_sign),
                                ep_eight_all(-r->zero), ep_eight_ends_of(r->output_zero, r->low, r->high)};
    return e;
}

/* What ep_rescale_one gives, before the clamp. */
EP_INLINE ep_eight ep_rescale_eight_run(const ep_rescale_eight *e, ep_eight v)
{
    const ep_eight x = ep_eight_add(v, e->zero);
    if (EP_SLOPES)
        return ep_eight_multiply_either(x, &e->below, e->sign, &e->above);
    return ep_eight_multiply(x, &e->above);
}

#endif

#endif
