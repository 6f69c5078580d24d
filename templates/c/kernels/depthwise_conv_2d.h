/* DEPTHWISE_CONV_2D: each channel by itself; weights as [taps][channels, padded to 16].

   A tap that lies outside the input points at a row of zero points. EP_TAPS is the most taps of any such layer. */
#ifndef EDGEPACK_DEPTHWISE_CONV_2D_H
#define EDGEPACK_DEPTHWISE_CONV_2D_H

#include "requantize.h"
#include "target.h"
#include "window.h"

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

/* A CPU's header has EP_DEPTHWISE_VECTORS(d, in, out, outside), for a multiplier of 1. */
#include "depthwise_portable.h"
#if EP_AVX512
#include "depthwise_avx512.h"
#elif EP_AVX2
#include "depthwise_avx2.h"
#elif EP_NEON
#include "depthwise_neon.h"
#endif

static void ep_depthwise_conv_2d_run(const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out, int8_t *outside)
{
    memset(outside, d->zero_point, (size_t)d->window.input_c);
#if defined(EP_DEPTHWISE_VECTORS)
    if (d->multiplier == 1) {
        EP_DEPTHWISE_VECTORS(d, in, out, outside);
        return;
    }
#endif
    ep_depthwise_pixels(d, in, out, outside);
}

#endif
