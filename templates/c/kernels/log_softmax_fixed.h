/* LOG_SOFTMAX by the rule in fixed point: exponentials in Q0.31, their sum in Q12.19, its logarithm in Q5.26. */
#ifndef EDGEPACK_LOG_SOFTMAX_FIXED_H
#define EDGEPACK_LOG_SOFTMAX_FIXED_H

#include "exponential.h"
#include "log_softmax.h"

typedef struct {
    int32_t rows, depth;
    int32_t multiplier, shift; /* Of a difference to Q5.26. */
    int32_t back, back_shift;  /* And from there. */
    int32_t widest;            /* Largest difference that counts. */
} ep_log_softmax_fixed;

/* v / 2^6, ties away from zero. */
EP_INLINE int32_t ep_sixty_fourth(int32_t v) { return (int32_t)(((int64_t)v + 32 - (v < 0)) >> 6); }

/* log(v) in Q5.26 for v >= 1 in Q12.19: of the powers of two below and above, the logarithm of the nearer one, and a Pade
   approximant of what is left. The constants are log 2, 2^-1/4, 2^-1/2, and the approximant's, times 2^1/4. */
static int32_t ep_log_q12(int32_t v)
{
    const int32_t log_2 = 1488522236, fourth_root = 1805811301, root = 1518500250;
    const int32_t quarter = 1 << 23, whole = 1 << 25; /* Q6.25 */
    const int32_t room = ep_leading_zeros((uint32_t)v);
    const int32_t above_room = ep_leading_zeros((uint32_t)ep_high_mul(v, root)) - 1;
    const int32_t below = ep_saturate((int64_t)ep_high_mul(ep_saturate((int64_t)v << (room - 1)), root) * 2);
    const int32_t above = ep_saturate((int64_t)v << above_room);
    const int32_t rest = ep_min(below, above);
    const int32_t power = ep_max((12 - room) * whole + quarter, (12 - above_room) * whole - quarter);
    const int32_t middle = (int32_t)(((int64_t)rest + fourth_root + 1) >> 1);
    const int32_t q = 2 * (rest - fourth_root), square = ep_high_mul(q, q);
    const int32_t numerator = ep_high_mul(q, rest) + ep_high_mul(ep_high_mul(q, square), 117049297);
    const int32_t inner = 1057819769 + q + ep_high_mul(square, 127690142);
    const int32_t inverse = ep_one_over_one_plus(ep_high_mul(middle, inner) + ep_high_mul(q, 638450708));
    return ep_saturate(2 * ((int64_t)ep_high_mul(power, log_2) + ep_high_mul(ep_sixty_fourth(numerator), inverse)));
}

EP_INLINE int32_t ep_log_softmax_step(const ep_log_softmax_fixed *s, int32_t difference)
{
    return ep_multiply(difference, s->multiplier, s->shift);
}

static void ep_log_softmax_fixed_run(const ep_log_softmax_fixed *s, const int8_t *in, int8_t *out)
{
    for (int32_t row = 0; row < s->rows; row++, in += s->depth, out += s->depth) {
        const int32_t largest = ep_log_softmax_largest(in, s->depth);
        int32_t total = 0;
        for (int32_t i = 0; i < s->depth; i++)
            if (largest - in[i] <= s->widest)
                total += ep_divide_pow2(ep_exp_negative(ep_log_softmax_step(s, in[i] - largest)), 12);
        const int32_t log = ep_log_q12(total);
        const int32_t least = ep_max(-s->widest - 1, ep_multiply(log + INT32_MIN, s->back, s->back_shift));
        for (int32_t i = 0; i < s->depth; i++) {
            int32_t q = -128;
            if (in[i] - largest > least)
                q = ep_divide_pow2(ep_log_softmax_step(s, in[i] - largest) - log, 22) + 127;
            out[i] = (int8_t)ep_clamp(q, -128, 127);
        }
    }
}

#endif
