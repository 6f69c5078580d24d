/* The depthwise convolution in plain C, for any multiplier: 16 channels of a pixel at a time. */
#ifndef EDGEPACK_DEPTHWISE_PORTABLE_H
#define EDGEPACK_DEPTHWISE_PORTABLE_H

#include "lanes.h"

/* Up to 16 channels from `first` on. */
EP_INLINE void ep_depthwise_lanes(const ep_depthwise_conv_2d *d, const int8_t *const *taps, int32_t first,
                                  int32_t count, int8_t *out)
{
    const int32_t tap_count = d->window.kernel_h * d->window.kernel_w;
    int32_t sums[EP_LANES];
    for (int32_t i = 0; i < count; i++)
        sums[i] = d->bias[first + i];
    for (int32_t t = 0; t < tap_count; t++) {
        const int8_t *const w = d->weights + (ptrdiff_t)t * d->channels + first;
        if (!EP_MULTIPLIES || d->multiplier == 1) {
            const int8_t *const x = taps[t] + first;
            for (int32_t i = 0; i < count; i++)
                sums[i] += (int16_t)(x[i] * w[i]);
        } else {
            for (int32_t i = 0; i < count; i++)
                sums[i] += taps[t][(first + i) / d->multiplier] * w[i];
        }
    }
    ep_requantize_run(&d->scaling, first, count, sums, out + first);
}

EP_INLINE void ep_depthwise_pixel(const ep_depthwise_conv_2d *d, const int8_t *in, int32_t y, int32_t x,
                                  const int8_t *outside, int8_t *out)
{
    const int8_t *taps[EP_TAPS];
    int32_t first = 0;
    ep_depthwise_taps(&d->window, in, y, x, outside, taps);
    for (; first + EP_LANES <= d->window.output_c; first += EP_LANES)
        ep_depthwise_lanes(d, taps, first, EP_LANES, out);
    if (first < d->window.output_c)
        ep_depthwise_lanes(d, taps, first, d->window.output_c - first, out);
}

static void ep_depthwise_pixels(const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out, const int8_t *outside)
{
    const ep_window *const w = &d->window;
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w))
        for (int32_t y = 0; y < w->output_h; y++)
            for (int32_t x = 0; x < w->output_w; x++, out += w->output_c)
                ep_depthwise_pixel(d, in, y, x, outside, out);
}

#endif
