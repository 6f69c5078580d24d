/* DEPTHWISE_CONV_2D: each channel by itself; weights as [taps][channels, padded to 16].

   A tap that lies outside the input points at a row of zero points. EP_TAPS is the most taps of any such layer. */
#ifndef EDGEPACK_DEPTHWISE_CONV_2D_H
#define EDGEPACK_DEPTHWISE_CONV_2D_H

#include "requantize.h"
#include "target.h"
#include "window.h"

#define EP_LANES 16

typedef struct {
    ep_window window;
    const int8_t *weights;
    const int32_t *bias; /* The input's zero point is folded in. */
    ep_requantize scaling;
    int32_t multiplier; /* Outputs of one input channel. */
    int32_t channels;   /* Outputs, padded. */
    int32_t zero_point;
} ep_depthwise_conv_2d;

/* Where each tap of an output pixel reads its first channel. */
EP_INLINE void ep_depthwise_taps(const ep_window *w, const int8_t *in, int32_t y, int32_t x, const int8_t *outside,
                                 const int8_t **taps)
{
    for (int32_t i = 0; i < w->kernel_h; i++) {
        const int32_t row = y * w->stride_h - w->pad_h + i * w->dilation_h;
        for (int32_t j = 0; j < w->kernel_w; j++) {
            const int32_t column = x * w->stride_w - w->pad_w + j * w->dilation_w;
            const int inside = row >= 0 && row < w->input_h && column >= 0 && column < w->input_w;
            *taps++ = inside ? in + ((ptrdiff_t)row * w->input_w + column) * w->input_c : outside;
        }
    }
}

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
        if (d->multiplier == 1) {
            const int8_t *const x = taps[t] + first;
            for (int32_t i = 0; i < count; i++)
                sums[i] += x[i] * w[i];
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

#if EP_AVX512
#include "depthwise_avx512.h"
#endif

static void ep_depthwise_conv_2d_run(const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out, int8_t *outside)
{
    const ep_window *const w = &d->window;
    memset(outside, d->zero_point, (size_t)w->input_c);
#if EP_AVX512
    if (d->multiplier == 1) {
        ep_depthwise_chunks(d, in, out, outside);
        return;
    }
#endif
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w))
        for (int32_t y = 0; y < w->output_h; y++)
            for (int32_t x = 0; x < w->output_w; x++, out += w->output_c)
                ep_depthwise_pixel(d, in, y, x, outside, out);
}

#endif
