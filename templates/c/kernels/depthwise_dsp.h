/* The depthwise convolution in pairs of halfwords: four channels at a time. */
#ifndef EDGEPACK_DEPTHWISE_DSP_H
#define EDGEPACK_DEPTHWISE_DSP_H

#include "pairs_dsp.h"

#define EP_DEPTHWISE_VECTORS ep_depthwise_dsp

/* Four channels of a pixel. */
EP_INLINE void ep_four_channels(const ep_depthwise_conv_2d *d, const int8_t *const *taps, int32_t first, int8_t *out)
{
    const int8_t *w = d->weights + first;
    int32_t a = d->bias[first], b = d->bias[first + 1], c = d->bias[first + 2], e = d->bias[first + 3];
    for (int32_t left = d->window.kernel_h * d->window.kernel_w; left > 0; left--, w += d->channels) {
        const int32_t bytes = ep_word(*taps++ + first), weights = ep_word(w);
        const int32_t even = ep_even(bytes), odd = ep_odd(bytes);
        const int32_t even_weights = ep_even(weights), odd_weights = ep_odd(weights);
        a = ep_add_lower(even, even_weights, a);
        b = ep_add_lower(odd, odd_weights, b);
        c = ep_add_upper(even, even_weights, c);
        e = ep_add_upper(odd, odd_weights, e);
    }
    const int32_t sums[4] = {a, b, c, e};
    ep_requantize_run(&d->scaling, first, ep_min(4, d->window.output_c - first), sums, out + first);
}

static void ep_depthwise_dsp(const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out, const int8_t *outside)
{
    const ep_window *const w = &d->window;
    const int8_t *taps[EP_TAPS];
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w))
        for (int32_t y = 0; y < w->output_h; y++)
            for (int32_t x = 0; x < w->output_w; x++, out += w->output_c) {
                ep_depthwise_taps(w, in, y, x, outside, taps);
                for (int32_t first = 0; first < w->output_c; first += 4)
                    ep_four_channels(d, taps, first, out);
            }
}

#endif
