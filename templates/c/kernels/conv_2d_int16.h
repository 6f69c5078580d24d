/* CONV_2D and FULLY_CONNECTED of int16 with int8 weights, in plain C: any stride, dilation, groups and padding. */
#ifndef EDGEPACK_CONV_2D_INT16_H
#define EDGEPACK_CONV_2D_INT16_H

#include "requantize_int16.h"
#include "window.h"

typedef struct {
    ep_window window;
    const int8_t *weights; /* [outputs][kernel_h][kernel_w][depth] */
    const int64_t *bias;
    ep_requantize_int16 scaling;
    int32_t depth; /* Input channels of a group. */
    int32_t share; /* Output channels of a group. */
} ep_conv_2d_int16;

#define EP_EXACT_RUN 512 /* Products of int16 and int8 whose sum fits 32 bits. */

EP_INLINE int64_t ep_int16_dot(const int16_t *x, const int8_t *w, int32_t count)
{
    int64_t total = 0;
    for (int32_t first = 0; first < count; first += EP_EXACT_RUN) {
        const int32_t end = ep_min(count, first + EP_EXACT_RUN);
        int32_t sum = 0;
        for (int32_t i = first; i < end; i++)
            sum += x[i] * w[i];
        total += sum;
    }
    return total;
}

/* The window at output pixel (y, x) for one output channel; what lies outside the input is zero, and counts nothing. */
EP_INLINE int64_t ep_conv_2d_int16_sum(const ep_conv_2d_int16 *c, const int16_t *in, int32_t y, int32_t x,
                                       const int8_t *weights)
{
    const ep_window *const w = &c->window;
    int64_t total = 0;
    for (int32_t i = 0; i < w->kernel_h; i++) {
        const int32_t row = y * w->stride_h - w->pad_h + i * w->dilation_h;
        for (int32_t j = 0; j < w->kernel_w; j++, weights += c->depth) {
            const int32_t column = x * w->stride_w - w->pad_w + j * w->dilation_w;
            if (row >= 0 && row < w->input_h && column >= 0 && column < w->input_w)
                total += ep_int16_dot(in + ((ptrdiff_t)row * w->input_w + column) * w->input_c, weights, c->depth);
        }
    }
    return total;
}

static void ep_conv_2d_int16_run(const ep_conv_2d_int16 *c, const int16_t *in, int16_t *out)
{
    const ep_window *const w = &c->window;
    const ptrdiff_t size = (ptrdiff_t)w->kernel_h * w->kernel_w * c->depth;
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w))
        for (int32_t y = 0; y < w->output_h; y++)
            for (int32_t x = 0; x < w->output_w; x++)
                for (int32_t o = 0; o < w->output_c; o++) {
                    const int16_t *const group = in + (ptrdiff_t)(o / c->share) * c->depth;
                    const int64_t sum = ep_conv_2d_int16_sum(c, group, y, x, c->weights + o * size);
                    *out++ = ep_requantize_int16_one(&c->scaling, o, c->bias[o] + sum);
                }
}

#endif
