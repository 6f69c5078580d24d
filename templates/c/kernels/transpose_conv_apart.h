/* TRANSPOSE_CONV as LiteRT computes what XNNPACK declines: whole groups of 8 channels are rounded with ties upwards. */
#ifndef EDGEPACK_TRANSPOSE_CONV_APART_H
#define EDGEPACK_TRANSPOSE_CONV_APART_H

#include "requantize.h"
#include "transpose_patch.h"

#define EP_GROUPED 8

typedef struct {
    ep_window window;
    const int8_t *weights; /* [output_c][kernel_h * kernel_w * input_c] */
    const int32_t *bias;
    ep_requantize scaling;
    int32_t zero_point;
} ep_transpose_conv_apart;

EP_INLINE int8_t ep_transpose_apart(const ep_transpose_conv_apart *t, int32_t channel, const int8_t *patch)
{
    const ep_window *const w = &t->window;
    const ep_requantize *const r = &t->scaling;
    const int32_t depth = w->kernel_h * w->kernel_w * w->input_c;
    const int8_t *const weights = t->weights + (ptrdiff_t)channel * depth;
    const int32_t multiplier = ep_multiplier_of(r, channel), shift = ep_shift_of(r, channel);
    int32_t sum = t->bias[channel];
    for (int32_t i = 0; i < depth; i++)
        sum += patch[i] * weights[i];
    const int grouped = channel < w->output_c / EP_GROUPED * EP_GROUPED;
    const int32_t v = grouped ? ep_multiply_upwards(sum, multiplier, shift) : ep_multiply(sum, multiplier, shift);
    return (int8_t)(ep_clamp(v, r->low - r->zero_point, r->high - r->zero_point) + r->zero_point);
}

static void ep_transpose_conv_apart_run(const ep_transpose_conv_apart *t, const int8_t *in, int8_t *out, int8_t *patch)
{
    const ep_window *const w = &t->window;
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w))
        for (int32_t pixel = 0; pixel < w->output_h * w->output_w; pixel++) {
            ep_transpose_patch(w, t->zero_point, in, pixel, patch);
            for (int32_t channel = 0; channel < w->output_c; channel++)
                *out++ = ep_transpose_apart(t, channel, patch);
        }
}

#endif
