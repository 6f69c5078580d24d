/* The depthwise convolution in pairs of halfwords: four channels at a time. */
#ifndef EDGEPACK_DEPTHWISE_DSP_H
#define EDGEPACK_DEPTHWISE_DSP_H

#include "pairs_dsp.h"
#include "requantize_dsp.h"

#define EP_DEPTHWISE_VECTORS ep_depthwise_dsp

/* One tap of four channels. */
EP_INLINE void ep_depthwise_tap(int32_t sums[4], const int8_t *x, const int8_t *w)
{
    const int32_t bytes = ep_word(x), weights = ep_word(w);
    const int32_t even = ep_even(bytes), odd = ep_odd(bytes);
    const int32_t even_weights = ep_even(weights), odd_weights = ep_odd(weights);
    sums[0] = ep_add_lower(even, even_weights, sums[0]);
    sums[1] = ep_add_lower(odd, odd_weights, sums[1]);
    sums[2] = ep_add_upper(even, even_weights, sums[2]);
    sums[3] = ep_add_upper(odd, odd_weights, sums[3]);
}

/* Four channels from `at` on, of `count` taps. */
static EP_APART void ep_depthwise_four(const int8_t *const *taps, ptrdiff_t at, const int8_t *w, int32_t step,
                                       const int32_t *bias, int32_t count, int32_t *out)
{
    int32_t sums[4] = {bias[0], bias[1], bias[2], bias[3]};
    if (count & 1) {
        ep_depthwise_tap(sums, *taps++ + at, w);
        w += step;
    }
    for (count >>= 1; count; count--, taps += 2, w += 2 * step) {
        ep_depthwise_tap(sums, taps[0] + at, w);
        ep_depthwise_tap(sums, taps[1] + at, w + step);
    }
    out[0] = sums[0], out[1] = sums[1], out[2] = sums[2], out[3] = sums[3];
}

/* All channels of the pixel `at` from the taps' addresses on. */
EP_INLINE void ep_depthwise_dsp_pixel(const ep_depthwise_conv_2d *d, const int8_t *const *taps, ptrdiff_t at, int8_t *out)
{
    const int32_t window = d->window.kernel_h * d->window.kernel_w, channels = d->window.output_c;
    for (int32_t first = 0; first < channels; first += EP_BLOCK) {
        const int32_t count = ep_min(EP_BLOCK, channels - first);
        int32_t sums[EP_BLOCK];
        for (int32_t i = first; i < first + count; i += 4)
            ep_depthwise_four(taps, at + i, d->weights + i, d->channels, d->bias + i, window, sums + (i - first));
        ep_requantize_dsp(&d->scaling, first, count, sums, out + first);
    }
}

/* Pixels of a row that read no padding share the taps of the first of them. */
static void ep_depthwise_dsp(const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out, const int8_t *outside)
{
    const ep_window *const w = &d->window;
    const int32_t step = w->stride_w * w->input_c;
    const int8_t *taps[EP_TAPS];
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w))
        for (int32_t y = 0; y < w->output_h; y++)
            for (int32_t x = 0, run; x < w->output_w; x += run) {
                run = y >= w->top && y < w->bottom && x >= w->left && x < w->right ? w->right - x : 1;
                ep_depthwise_taps(w, in, y, x, outside, taps);
                for (int32_t i = 0; i < run; i++, out += w->output_c)
                    ep_depthwise_dsp_pixel(d, taps, i * step, out);
            }
}

#endif
