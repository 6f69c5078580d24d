/* The depthwise convolution of int16 in pairs of halfwords: four channels at a time. */
#ifndef EDGEPACK_DEPTHWISE_INT16_DSP_H
#define EDGEPACK_DEPTHWISE_INT16_DSP_H

#include "pairs_dsp.h"

/* Four channels from `at` on. */
static EP_APART void ep_depthwise_int16_four(const int16_t *const *taps, ptrdiff_t at, const int8_t *w, int32_t step,
                                             const int32_t *bias, int32_t count, int32_t *sums)
{
    int32_t a = bias[0], b = bias[1], c = bias[2], d = bias[3];
    for (; count > 0; count--, w += step) {
        const int16_t *const x = *taps++ + at;
        const int32_t low = ep_two(x), high = ep_two(x + 2), weights = ep_word(w);
        const int32_t even = ep_even(weights), odd = ep_odd(weights);
        a = ep_add_lower(low, even, a);
        b = ep_add_crossed(low, odd, b);
        c = ep_add_crossed(even, high, c);
        d = ep_add_upper(high, odd, d);
    }
    sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
}

EP_INLINE void ep_depthwise_int16_block(const ep_depthwise_conv_2d_int16 *d, const int16_t *const *taps, ptrdiff_t at,
                                        int32_t first, int32_t *sums)
{
    const int32_t window = d->window.kernel_h * d->window.kernel_w, count = ep_min(EP_BLOCK, d->window.output_c - first);
    for (int32_t i = 0; i < count; i += 4)
        ep_depthwise_int16_four(taps, at + first + i, d->weights + first + i, d->channels, d->bias + first + i, window,
                                sums + i);
}

#endif
