/* DEPTHWISE_CONV_2D of int16 with int8 weights: each channel by itself; weights as [taps][channels, padded to 16].

   A tap that lies outside the input points at a row of zeros. EP_INT16_TAPS is the most taps of any such layer. Sums are
   taken in 32 bits as those of matrix_int16.h are; where they need not fit, in 64. */
#ifndef EDGEPACK_DEPTHWISE_CONV_2D_INT16_H
#define EDGEPACK_DEPTHWISE_CONV_2D_INT16_H

#include "requantize_int16.h"
#include "threads.h"
#include "window.h"

/* Whether some layer has several outputs of an input channel. */
#ifndef EP_INT16_MULTIPLIES
#define EP_INT16_MULTIPLIES 1
#endif

typedef struct {
    ep_window window;
    const int8_t *weights;
    const int32_t *bias;      /* Padded to whole blocks; null where sums are long. */
    const int64_t *long_bias; /* Null where they are not. */
    ep_requantize_int16 scaling;
    int32_t multiplier; /* Outputs of one input channel. */
    int32_t channels;   /* Outputs, padded. */
} ep_depthwise_conv_2d_int16;

/* Where each tap of an output pixel reads its first channel, in every `step`th place. */
EP_INLINE void ep_depthwise_int16_taps(const ep_window *w, const int16_t *in, int32_t y, int32_t x,
                                       const int16_t *outside, const int16_t **taps, int32_t step)
{
    const int32_t left = x * w->stride_w - w->pad_w;
    for (int32_t i = 0; i < w->kernel_h; i++) {
        const int32_t row = y * w->stride_h - w->pad_h + i * w->dilation_h;
        const int32_t width = row >= 0 && row < w->input_h ? w->input_w : 0;
        ptrdiff_t at = ((ptrdiff_t)row * w->input_w + left) * w->input_c;
        int32_t column = left;
        for (int32_t j = 0; j < w->kernel_w; j++, taps += step, column += w->dilation_w) {
            *taps = column >= 0 && column < width ? in + at : outside;
            at += w->dilation_w * w->input_c;
        }
    }
}

/* Those without vectors have ep_depthwise_int16_block(d, taps, at, first, sums): up to 16 channels from `first` on of the
   pixel `at` from the taps' addresses on. The others have ep_depthwise_int16_groups(d, in, out, outside). All are for a
   multiplier of 1. */
#if EP_AVX512 || EP_AVX2
#include "depthwise_int16_avx2.h"
#elif EP_NEON
#include "depthwise_int16_neon.h"
#elif EP_DSP
#include "depthwise_int16_dsp.h"
#else
#include "depthwise_int16_portable.h"
#endif

#if EP_INT16_MULTIPLIES || EP_INT16_LONG

/* One channel of any layer. */
EP_INLINE int16_t ep_depthwise_int16_one(const ep_depthwise_conv_2d_int16 *d, const int16_t *const *taps, ptrdiff_t at,
                                         int32_t channel)
{
    const int8_t *w = d->weights + channel;
    int64_t total = 0;
    int16_t result = 0;
    at += channel / d->multiplier;
    for (int32_t t = 0; t < d->window.kernel_h * d->window.kernel_w; t++, w += d->channels)
        total += taps[t][at] * *w;
#if EP_INT16_LONG
    if (d->long_bias)
        return ep_requantize_int16_long(&d->scaling, channel, d->long_bias[channel] + total);
#endif
    const int32_t sum = (int32_t)(d->bias[channel] + total);
    ep_requantize_int16_some(&d->scaling, channel, 1, &sum, &result);
    return result;
}

#endif

#if !defined(EP_INT16_PIXELS) || EP_INT16_MULTIPLIES || EP_INT16_LONG

/* One pixel, `at` from the taps' addresses on. */
EP_INLINE void ep_depthwise_int16_pixel(const ep_depthwise_conv_2d_int16 *d, const int16_t *const *taps, ptrdiff_t at,
                                        int16_t *out)
{
    const int32_t channels = d->window.output_c;
#if EP_INT16_MULTIPLIES || EP_INT16_LONG
    if (d->multiplier != 1 || !d->bias) {
        for (int32_t c = 0; c < channels; c++)
            out[c] = ep_depthwise_int16_one(d, taps, at, c);
        return;
    }
#endif
#if !defined(EP_INT16_PIXELS)
    for (int32_t first = 0; first < channels; first += EP_BLOCK) {
        int32_t sums[1][EP_BLOCK];
        ep_depthwise_int16_block(d, taps, at, first, sums[0]);
        ep_requantize_int16_run(&d->scaling, first, ep_min(EP_BLOCK, channels - first), sums, 1, out + first, 0);
    }
#endif
}

/* A row of output. */
EP_INLINE void ep_depthwise_int16_row(const ep_depthwise_conv_2d_int16 *d, const int16_t *in, int32_t y,
                                      const int16_t *outside, int16_t *out)
{
    const ep_window *const w = &d->window;
    const int32_t step = w->stride_w * w->input_c;
    const int inner = y >= w->top && y < w->bottom;
    const int16_t *taps[EP_INT16_TAPS];
    for (int32_t x = 0, run; x < w->output_w; x += run) {
        run = inner && x >= w->left && x < w->right ? w->right - x : 1;
        ep_depthwise_int16_taps(w, in, y, x, outside, taps, 1);
        for (int32_t i = 0; i < run; i++, out += w->output_c)
            ep_depthwise_int16_pixel(d, taps, i * step, out);
    }
}

#endif

static void ep_depthwise_int16_whole(const ep_depthwise_conv_2d_int16 *d, const int16_t *in, int16_t *out,
                                     const int16_t *outside)
{
    const ep_window *const w = &d->window;
    const ptrdiff_t line = (ptrdiff_t)w->output_w * w->output_c;
#if defined(EP_INT16_PIXELS)
    if (d->multiplier == 1 && d->bias) {
        ep_depthwise_int16_groups(d, in, out, outside);
        return;
    }
#endif
#if !defined(EP_INT16_PIXELS) || EP_INT16_MULTIPLIES || EP_INT16_LONG
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w))
        for (int32_t y = 0; y < w->output_h; y++, out += line)
            ep_depthwise_int16_row(d, in, y, outside, out);
#endif
    (void)line;
}

typedef struct {
    const ep_depthwise_conv_2d_int16 *layer;
    const int16_t *in;
    int16_t *out;
    const int16_t *outside;
} ep_depthwise_int16_job;

/* Rows of output, of all images one after the other. */
static void ep_depthwise_int16_lines(void *argument, int32_t first, int32_t last)
{
    const ep_depthwise_int16_job *const job = argument;
    const ep_window *const w = &job->layer->window;
    ep_depthwise_conv_2d_int16 part = *job->layer;
    for (; first < last; first += part.window.output_h) {
        part.window = ep_window_lines(w, first, last);
        ep_depthwise_int16_whole(&part, job->in + first / w->output_h * ep_image_in(w),
                                 job->out + (ptrdiff_t)first * w->output_w * w->output_c, job->outside);
    }
}

static void ep_depthwise_conv_2d_int16_run(const ep_depthwise_conv_2d_int16 *d, const int16_t *in, int16_t *out,
                                           int16_t *outside EP_THREADS_PARAMETER)
{
    const ep_window *const w = &d->window;
    const int64_t work = (int64_t)w->batches * ep_image_out(w) * w->kernel_h * w->kernel_w;
    ep_depthwise_int16_job job = {d, in, out, outside};
    memset(outside, 0, sizeof(int16_t) * (size_t)ep_max(w->input_c, d->multiplier == 1 ? d->channels : 0));
    if (EP_SHARES)
        ep_share(ep_depthwise_int16_lines, &job, w->batches * w->output_h, work EP_THREADS);
    else
        ep_depthwise_int16_whole(d, in, out, outside);
}

#endif
