/* DEPTHWISE_CONV_2D: each channel by itself; weights as [taps][channels, padded to 16].

   A tap that lies outside the input points at a row of zero points. EP_TAPS is the most taps of any such layer. */
#ifndef EDGEPACK_DEPTHWISE_CONV_2D_H
#define EDGEPACK_DEPTHWISE_CONV_2D_H

#include "requantize.h"
#include "target.h"
#include "threads.h"
#include "window.h"

/* Whether some layer has several outputs of an input channel, and whether some layer's channels are no whole blocks. */
#ifndef EP_MULTIPLIES
#define EP_MULTIPLIES 1
#endif
#ifndef EP_CHUNK_ENDS
#define EP_CHUNK_ENDS 1
#endif

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
#elif EP_DSP
#include "depthwise_dsp.h"
#endif

static void ep_depthwise_whole(const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out, int8_t *outside)
{
#if defined(EP_DEPTHWISE_VECTORS)
    if (!EP_MULTIPLIES || d->multiplier == 1) {
        EP_DEPTHWISE_VECTORS(d, in, out, outside);
        return;
    }
#endif
    ep_depthwise_pixels(d, in, out, outside);
}

#define EP_DEPTHWISE_COST 4 /* Of a multiplication, in those of a matrix: what ep_share counts. */

typedef struct {
    const ep_depthwise_conv_2d *layer;
    const int8_t *in;
    int8_t *out, *outside;
} ep_depthwise_job;

/* Rows of output, of all images one after the other. */
static void ep_depthwise_lines(void *argument, int32_t first, int32_t last)
{
    const ep_depthwise_job *const job = argument;
    const ep_window *const w = &job->layer->window;
    ep_depthwise_conv_2d part = *job->layer;
    for (; first < last; first += part.window.output_h) {
        part.window = ep_window_lines(w, first, last);
        ep_depthwise_whole(&part, job->in + first / w->output_h * ep_image_in(w),
                           job->out + (ptrdiff_t)first * w->output_w * w->output_c, job->outside);
    }
}

static void ep_depthwise_conv_2d_run(const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out,
                                     int8_t *outside EP_THREADS_PARAMETER)
{
    const ep_window *const w = &d->window;
    const int64_t work = (int64_t)w->batches * ep_image_out(w) * w->kernel_h * w->kernel_w * EP_DEPTHWISE_COST;
    ep_depthwise_job job = {d, in, out, outside};
    memset(outside, d->zero_point, (size_t)ep_max(w->input_c, d->multiplier == 1 ? d->channels : 0));
    if (EP_SHARES)
        ep_share(ep_depthwise_lines, &job, w->batches * w->output_h, work EP_THREADS);
    else
        ep_depthwise_whole(d, in, out, outside);
}

#endif
