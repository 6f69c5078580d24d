/* SOFTMAX of int8 over the innermost dimension. */
#ifndef EDGEPACK_SOFTMAX_H
#define EDGEPACK_SOFTMAX_H

#include "fixed_point.h"

/* The rules that layers of the model have: no other is compiled. */
#ifndef EP_SOFTMAX_FIXED
#define EP_SOFTMAX_FIXED 0
#endif
#ifndef EP_SOFTMAX_TABLE
#define EP_SOFTMAX_TABLE 0
#endif
#ifndef EP_SOFTMAX_PARTS
#define EP_SOFTMAX_PARTS 0
#endif
#if EP_SOFTMAX_FIXED
#include "exponential.h"
#endif
#if EP_SOFTMAX_TABLE || EP_SOFTMAX_PARTS
#include "real.h"
#endif

typedef struct {
    int32_t rows, depth;
    const float *table;  /* exp(step * i) for i from 0 to 255, for the rule in float32. */
    const double *parts; /* The same for i from 0 to 15, then for their multiples of 16, of layers of few elements. */
    float step;          /* -scale * beta */
    float output_scale;
    int32_t zero_point;
    int32_t multiplier, shift; /* Of a difference to Q5.26, for the rule in fixed point. */
    int32_t widest;            /* Largest difference that counts. */
} ep_softmax;

EP_INLINE int32_t ep_softmax_largest(const int8_t *in, int32_t depth)
{
    int32_t largest = in[0];
    for (int32_t i = 1; i < depth; i++)
        largest = ep_max(largest, in[i]);
    return largest;
}

#if EP_SOFTMAX_TABLE || EP_SOFTMAX_PARTS

/* exp of step * i, which is rounded to float first. What that moves it by is added as the first terms of a series.
   Whoever made the parts has seen that no rounding of these doubles, nor a fused sum, shows in a float. */
static EP_APART float ep_softmax_of_parts(const ep_softmax *s, int32_t i)
{
    const float exponent = (float)i * s->step;
    const double moved = (double)exponent - (double)i * (double)s->step;
    const double near = s->parts[i & 15] * s->parts[16 + (i >> 4)];
    return (float)(near + near * (moved + moved * moved * 0.5));
}

EP_INLINE float ep_softmax_term(const ep_softmax *s, int32_t i, const int in_parts)
{
    return in_parts ? ep_softmax_of_parts(s, i) : s->table[i];
}

/* The sum runs from first to last: its order is part of the result. */
EP_INLINE void ep_softmax_float_run(const ep_softmax *s, const int8_t *in, int8_t *out, const int in_parts)
{
    for (int32_t row = 0; row < s->rows; row++, in += s->depth, out += s->depth) {
        const int32_t largest = ep_softmax_largest(in, s->depth);
        float total = 0.0f;
        for (int32_t i = 0; i < s->depth; i++)
            total += ep_softmax_term(s, largest - in[i], in_parts);
        const float inverse = 1.0f / (total * s->output_scale);
        for (int32_t i = 0; i < s->depth; i++) {
            const int32_t q = ep_round_positive(ep_product(ep_softmax_term(s, largest - in[i], in_parts), inverse));
            out[i] = (int8_t)ep_clamp(q + s->zero_point, -128, 127);
        }
    }
}

#if EP_SOFTMAX_TABLE
static void ep_softmax_table_run(const ep_softmax *s, const int8_t *in, int8_t *out)
{
    ep_softmax_float_run(s, in, out, 0);
}
#endif
#if EP_SOFTMAX_PARTS
static void ep_softmax_parts_run(const ep_softmax *s, const int8_t *in, int8_t *out)
{
    ep_softmax_float_run(s, in, out, 1);
}
#endif

#endif
#if EP_SOFTMAX_FIXED

EP_INLINE int32_t ep_softmax_exp(const ep_softmax *s, int32_t difference)
{
    return ep_exp_negative(ep_high_mul((int32_t)((uint32_t)difference << s->shift), s->multiplier));
}

static void ep_softmax_fixed_run(const ep_softmax *s, const int8_t *in, int8_t *out)
{
    for (int32_t row = 0; row < s->rows; row++, in += s->depth, out += s->depth) {
        const int32_t largest = ep_softmax_largest(in, s->depth);
        uint32_t total = 0; /* Q12.19 */
        for (int32_t i = 0; i < s->depth; i++)
            if (largest - in[i] <= s->widest)
                total += (uint32_t)ep_divide_pow2(ep_softmax_exp(s, in[i] - largest), 12);
        const int32_t headroom = ep_leading_zeros(total);
        const int32_t scale = ep_one_over_one_plus((int32_t)((total << headroom) - (UINT32_C(1) << 31)));
        const int32_t exponent = 12 - headroom + 31 - 8;
        for (int32_t i = 0; i < s->depth; i++) {
            int32_t q = -128;
            if (largest - in[i] <= s->widest)
                q = ep_divide_pow2(ep_high_mul(scale, ep_softmax_exp(s, in[i] - largest)), exponent) - 128;
            out[i] = (int8_t)ep_clamp(q, -128, 127);
        }
    }
}

#endif

#endif
