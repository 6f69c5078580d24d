/* DEPTHWISE_CONV_2D of int16 with int8 weights, in plain C. */
#ifndef EDGEPACK_DEPTHWISE_CONV_2D_INT16_H
#define EDGEPACK_DEPTHWISE_CONV_2D_INT16_H

#include "requantize_int16.h"
#include "window.h"

typedef struct {
    ep_window window;
    const int8_t *weights; /* [kernel_h][kernel_w][channels] */
    const int64_t *bias;
    ep_requantize_int16 scaling;
    int32_t multiplier; /* Outputs of one input channel. */
} ep_depthwise_conv_2d_int16;

EP_INLINE int64_t ep_depthwise_int16_sum(const ep_depthwise_conv_2d_int16 *d, const int16_t *in, int32_t y, int32_t x,
                                         int32_t channel)
{
    const ep_window *const w = &d->window;
    const int8_t *weights = d->weights + channel;
    int64_t total = d->bias[channel];
    for (int32_t i = 0; i < w->kernel_h; i++) {
        const int32_t row = y * w->stride_h - w->pad_h + i * w->dilation_h;
        for (int32_t j = 0; j < w->kernel_w; j++, weights += w->output_c) {
            const int32_t column = x * w->stride_w - w->pad_w + j * w->dilation_w;
            if (row >= 0 && row < w->input_h && column >= 0 && column < w->input_w)
                total += in[((ptrdiff_t)row * w->input_w + column) * w->input_c + channel / d->multiplier] * *weights;
        }
    }
    return total;
}

static void ep_depthwise_conv_2d_int16_run(const ep_depthwise_conv_2d_int16 *d, const int16_t *in, int16_t *out)
{
    const ep_window *const w = &d->window;
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w))
        for (int32_t y = 0; y < w->output_h; y++)
            for (int32_t x = 0; x < w->output_w; x++)
                for (int32_t c = 0; c < w->output_c; c++)
                    *out++ = ep_requantize_int16_one(&d->scaling, c, ep_depthwise_int16_sum(d, in, y, x, c));
}

#endif
