/* The depthwise convolution of int16 in plain C. Sums may wrap, for which C has unsigned numbers. */
#ifndef EDGEPACK_DEPTHWISE_INT16_PORTABLE_H
#define EDGEPACK_DEPTHWISE_INT16_PORTABLE_H

EP_INLINE void ep_depthwise_int16_block(const ep_depthwise_conv_2d_int16 *d, const int16_t *const *taps, ptrdiff_t at,
                                        int32_t first, int32_t *sums)
{
    const int32_t count = ep_min(EP_BLOCK, d->window.output_c - first);
    const int8_t *w = d->weights + first;
    uint32_t totals[EP_BLOCK];
    memcpy(totals, d->bias + first, sizeof totals);
    for (int32_t left = d->window.kernel_h * d->window.kernel_w; left > 0; left--, w += d->channels) {
        const int16_t *const x = *taps++ + at + first;
        if (count == EP_BLOCK)
            for (int32_t i = 0; i < EP_BLOCK; i++)
                totals[i] += (uint32_t)(x[i] * w[i]);
        else
            for (int32_t i = 0; i < count; i++)
                totals[i] += (uint32_t)(x[i] * w[i]);
    }
    memcpy(sums, totals, sizeof totals);
}

#endif
