/* DIV of int8: the dividend, shifted to the left as far as it goes, times the divisor's reciprocal, scaled. */
#ifndef EDGEPACK_DIV_H
#define EDGEPACK_DIV_H

#include "broadcast.h"
#include "fixed_point.h"

typedef struct {
    ep_broadcast shape;
    int32_t a_zero, b_zero, zero; /* Zero points. */
    const int32_t *reciprocals;   /* Of 1 to 256 in [1/2, 1], brought there by halving, as Q0.31. */
    int32_t multiplier, shift;
    int32_t low, high;
} ep_div;

/* Bits of a number that is not negative, without leading zeros. */
EP_INLINE int32_t ep_bits(int32_t v)
{
    int32_t count = 0;
    for (; v; v >>= 1)
        count++;
    return count;
}

/* Rounded twice. Where LiteRT would divide by more than 2^31 the quotient is 0; a divisor of 0, at which it stops,
   gives the end that the dividend points to. */
static int32_t ep_quotient(const ep_div *d, int32_t a, int32_t b)
{
    if (b == 0)
        return a < 0 ? -(1 << 16) : a ? 1 << 16 : 0;
    if (b < 0)
        a = -a, b = -b;
    const int32_t room = 31 - ep_bits(a < 0 ? ~a : a), right = room + ep_bits(b) - 1 - d->shift;
    const int32_t dividend = (int32_t)((uint32_t)a << room);
    const int32_t high = ep_high_mul(ep_high_mul(dividend, d->reciprocals[b - 1]), d->multiplier);
    return right > 31 ? 0 : ep_divide_pow2(high, right);
}

static void ep_div_run(const ep_div *d, const int8_t *a, const int8_t *b, int8_t *out)
{
    const ep_broadcast *const s = &d->shape;
    for (int32_t row = 0; row < ep_broadcast_rows(s); row++) {
        const int8_t *x = a + ep_broadcast_at(s, s->a, row), *y = b + ep_broadcast_at(s, s->b, row);
        for (int32_t i = 0; i < s->dims[EP_RANK - 1]; i++, x += s->a[EP_RANK - 1], y += s->b[EP_RANK - 1])
            *out++ = (int8_t)ep_clamp(ep_quotient(d, *x - d->a_zero, *y - d->b_zero) + d->zero, d->low, d->high);
    }
}

#endif
