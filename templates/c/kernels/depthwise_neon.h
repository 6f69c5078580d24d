/* The depthwise convolution with NEON: 16 channels at a time.

   Two products of a weight and an activation are added in 16 bits and their sum to 32, which fits unless both weights
   are -128 (see EP_MINUS_128). */
#ifndef EDGEPACK_DEPTHWISE_NEON_H
#define EDGEPACK_DEPTHWISE_NEON_H

#include "requantize_neon.h"

#define EP_DEPTHWISE_VECTORS ep_depthwise_neon

/* Which of its layers a model has: windows of 3 by 3 one column apart, two columns apart, others. */
#ifndef EP_SLIDES_BY_1
#define EP_SLIDES_BY_1 0
#endif
#ifndef EP_SLIDES_BY_2
#define EP_SLIDES_BY_2 0
#endif
#ifndef EP_OTHER_WINDOWS
#define EP_OTHER_WINDOWS 0
#endif

/* Taps in whole quads. */
#define EP_TAP_PLACES ((EP_TAPS + 3) / 4 * 4)

/* What the pixels of 16 channels share. */
typedef struct {
    int32_t first, count;
    int32x4_t start[4]; /* The bias. */
    ep_scale16 scale;
#if EP_DOTPROD
    int8x16_t quads[EP_TAP_PLACES]; /* Weights of any window, four taps of a channel side by side. */
#endif
} ep_chunk;

static EP_APART void ep_chunk_fill(ep_chunk *c, const ep_depthwise_conv_2d *d, int32_t first)
{
    c->first = first;
    c->count = EP_CHUNK_ENDS ? ep_min(16, d->window.output_c - first) : 16;
    for (int32_t j = 0; j < 4; j++)
        c->start[j] = vld1q_s32(d->bias + first + 4 * j);
    c->scale = ep_scale16_load(&d->scaling, first);
}

/* The first `count` of 16 results, fewer than all. */
static EP_APART void ep_store_some(int8x16_t v, int32_t count, int8_t *out)
{
    int8_t bytes[16];
    vst1q_s8(bytes, v);
    EP_ROLLED for (int32_t i = 0; i < count; i++)
        out[i] = bytes[i];
}

EP_INLINE void ep_chunk_store(const ep_chunk *c, const ep_scale16 *s, const ep_requantize *r, const int32x4_t *sums,
                              int8_t *out)
{
    const int8x16_t v = ep_scaled16(r, s, c->first, sums);
    if (!EP_CHUNK_ENDS || c->count == 16)
        vst1q_s8(out, v);
    else if (c->count == 8)
        vst1_s8(out, vget_low_s8(v));
    else
        ep_store_some(v, c->count, out);
}

EP_INLINE void ep_add_wide(int32x4_t *sums, int16x8_t low, int16x8_t high)
{
    sums[0] = vaddw_s16(sums[0], vget_low_s16(low));
    sums[1] = vaddw_s16(sums[1], vget_high_s16(low));
    sums[2] = vaddw_s16(sums[2], vget_low_s16(high));
    sums[3] = vaddw_s16(sums[3], vget_high_s16(high));
}

EP_INLINE void ep_add_tap(int32x4_t *sums, int8x16_t x, int8x16_t w)
{
    ep_add_wide(sums, vmull_s8(vget_low_s8(x), vget_low_s8(w)), vmull_s8(vget_high_s8(x), vget_high_s8(w)));
}

EP_INLINE void ep_add_taps(int32x4_t *sums, int8x16_t x, int8x16_t w, int8x16_t y, int8x16_t v)
{
#if EP_MINUS_128
    ep_add_tap(sums, x, w);
    ep_add_tap(sums, y, v);
#else
    const int16x8_t low = vmull_s8(vget_low_s8(x), vget_low_s8(w));
    const int16x8_t high = vmull_s8(vget_high_s8(x), vget_high_s8(w));
    ep_add_wide(sums, vmlal_s8(low, vget_low_s8(y), vget_low_s8(v)),
                vmlal_s8(high, vget_high_s8(y), vget_high_s8(v)));
#endif
}

/* The three rows under a window of 3 by 3, column by column. A row outside the input stands still. */
typedef struct {
    const int8_t *at[3];
    ptrdiff_t step[3];
    const int8_t *outside;
    int32_t column, width;
} ep_rows;

typedef struct {
    int8x16_t row[3];
} ep_column;

EP_INLINE ep_rows ep_rows_at(const ep_window *w, const int8_t *in, int32_t y, const int8_t *outside)
{
    ep_rows r;
    EP_UNROLL for (int32_t i = 0; i < 3; i++) {
        const int32_t row = y * w->stride_h - w->pad_h + i;
        const int inside = row >= 0 && row < w->input_h;
        r.at[i] = inside ? in + (ptrdiff_t)row * w->input_w * w->input_c : outside;
        r.step[i] = inside ? w->input_c : 0;
    }
    r.outside = outside;
    r.column = -w->pad_w;
    r.width = w->input_w;
    return r;
}

EP_INLINE ep_column ep_next_column(ep_rows *r)
{
    ep_column c;
    if ((uint32_t)r->column < (uint32_t)r->width) {
        EP_UNROLL for (int32_t i = 0; i < 3; i++) {
            c.row[i] = vld1q_s8(r->at[i]);
            r->at[i] += r->step[i];
        }
    } else {
        c.row[0] = c.row[1] = c.row[2] = vld1q_s8(r->outside);
    }
    r->column++;
    return c;
}

#if EP_DOTPROD
#include "depthwise_dotprod.h"
#else

/* 16 channels of a pixel, whatever the window: its taps lie at `offsets` from `in`. */
EP_INLINE void ep_chunk_pixel(const ep_depthwise_conv_2d *d, const ep_chunk *c, const int8_t *in,
                              const ptrdiff_t *offsets, int8_t *out)
{
    const int8_t *w = d->weights + c->first;
    const ptrdiff_t step = d->channels;
    int32x4_t sums[4] = {c->start[0], c->start[1], c->start[2], c->start[3]};
    int32_t left = d->window.kernel_h * d->window.kernel_w;
    for (; left >= 2; left -= 2, offsets += 2, w += 2 * step)
        ep_add_taps(sums, vld1q_s8(in + offsets[0]), vld1q_s8(w), vld1q_s8(in + offsets[1]), vld1q_s8(w + step));
    if (left)
        ep_add_tap(sums, vld1q_s8(in + offsets[0]), vld1q_s8(w));
    ep_chunk_store(c, &c->scale, &d->scaling, sums, out);
}

typedef struct {
    int8x16_t tap[9];
} ep_weights9;

EP_INLINE ep_weights9 ep_weights9_load(const ep_depthwise_conv_2d *d, const ep_chunk *c)
{
    ep_weights9 w;
    EP_UNROLL for (int32_t t = 0; t < 9; t++)
        w.tap[t] = vld1q_s8(d->weights + t * d->channels + c->first);
    return w;
}

/* One pixel of three columns. */
EP_INLINE void ep_three_columns(const ep_depthwise_conv_2d *d, const ep_chunk *c, const ep_weights9 *w,
                                const ep_scale16 *s, const ep_column *a, const ep_column *b, const ep_column *e,
                                int8_t *out)
{
    int32x4_t sums[4] = {c->start[0], c->start[1], c->start[2], c->start[3]};
    ep_add_taps(sums, a->row[0], w->tap[0], a->row[1], w->tap[3]);
    ep_add_taps(sums, a->row[2], w->tap[6], b->row[0], w->tap[1]);
    ep_add_taps(sums, b->row[1], w->tap[4], b->row[2], w->tap[7]);
    ep_add_taps(sums, e->row[0], w->tap[2], e->row[1], w->tap[5]);
    ep_add_tap(sums, e->row[2], w->tap[8]);
    ep_chunk_store(c, s, &d->scaling, sums, out);
}

/* A row of pixels one column apart: each new column takes the place of the oldest. */
EP_INLINE void ep_row_stride1(const ep_depthwise_conv_2d *d, const ep_chunk *c, const ep_weights9 *w, ep_rows r,
                              int8_t *out)
{
    const ep_scale16 s = c->scale;
    const ptrdiff_t step = d->window.output_c;
    ep_column p = ep_next_column(&r), q = ep_next_column(&r), n;
    for (int32_t left = d->window.output_w;; out += step) {
        n = ep_next_column(&r);
        ep_three_columns(d, c, w, &s, &p, &q, &n, out);
        if (--left == 0)
            break;
        p = ep_next_column(&r);
        ep_three_columns(d, c, w, &s, &q, &n, &p, out += step);
        if (--left == 0)
            break;
        q = ep_next_column(&r);
        ep_three_columns(d, c, w, &s, &n, &p, &q, out += step);
        if (--left == 0)
            break;
    }
}

/* The same two columns apart. */
EP_INLINE void ep_row_stride2(const ep_depthwise_conv_2d *d, const ep_chunk *c, const ep_weights9 *w, ep_rows r,
                              int8_t *out)
{
    const ep_scale16 s = c->scale;
    ep_column p = ep_next_column(&r);
    for (int32_t left = d->window.output_w; left > 0; left--, out += d->window.output_c) {
        const ep_column q = ep_next_column(&r), n = ep_next_column(&r);
        ep_three_columns(d, c, w, &s, &p, &q, &n, out);
        p = n;
    }
}

#endif

static void ep_chunk_3x3(const ep_depthwise_conv_2d *d, const ep_chunk *c, const int8_t *in, int8_t *out,
                         const int8_t *outside)
{
    const ep_window *const w = &d->window;
    const ep_weights9 weights = ep_weights9_load(d, c);
    for (int32_t y = 0; y < w->output_h; y++, out += (ptrdiff_t)w->output_w * w->output_c) {
        const ep_rows r = ep_rows_at(w, in + c->first, y, outside + c->first);
        if (EP_SLIDES_BY_1 && w->stride_w == 1)
            ep_row_stride1(d, c, &weights, r, out + c->first);
        else if (EP_SLIDES_BY_2)
            ep_row_stride2(d, c, &weights, r, out + c->first);
    }
}

/* Offsets of a pixel's taps from `in`, those outside at `outside`, which lies in the same arena. */
static EP_APART void ep_tap_offsets(const ep_window *w, const int8_t *in, int32_t y, int32_t x, const int8_t *outside,
                                    ptrdiff_t *offsets)
{
    const int8_t *taps[EP_TAPS];
    ep_depthwise_taps(w, in, y, x, outside, taps);
    EP_ROLLED for (int32_t t = 0; t < EP_TAP_PLACES; t++)
        offsets[t] = t < w->kernel_h * w->kernel_w ? taps[t] - in : 0;
}

/* Any window, 16 channels of one pixel after the other. Taps of windows inside the input have the same offsets, `inner`,
   from the first. */
static void ep_chunk_pixels(const ep_depthwise_conv_2d *d, const ep_chunk *c, const int8_t *in, int8_t *out,
                            const int8_t *outside, const ptrdiff_t *inner)
{
    const ep_window *const w = &d->window;
    ptrdiff_t border[EP_TAP_PLACES];
    for (int32_t y = 0; y < w->output_h; y++) {
        const int within = y >= w->top && y < w->bottom;
        const ptrdiff_t row = (ptrdiff_t)(y * w->stride_h - w->pad_h) * w->input_w;
        for (int32_t x = 0; x < w->output_w; x++, out += w->output_c) {
            if (within && x >= w->left && x < w->right) {
                const int8_t *const at = in + (row + x * w->stride_w - w->pad_w) * w->input_c;
                ep_chunk_pixel(d, c, at + c->first, inner, out + c->first);
            } else {
                ep_tap_offsets(w, in, y, x, outside, border);
                ep_chunk_pixel(d, c, in + c->first, border, out + c->first);
            }
        }
    }
}

/* Any window: pixel by pixel. */
static void ep_depthwise_pixels_neon(const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out,
                                     const int8_t *outside)
{
    const ep_window *const w = &d->window;
    ptrdiff_t inner[EP_TAP_PLACES] = {0};
    if (w->top < w->bottom && w->left < w->right) {
        ep_tap_offsets(w, in, w->top, w->left, outside, inner);
        EP_ROLLED for (int32_t t = w->kernel_h * w->kernel_w - 1; t >= 0; t--)
            inner[t] -= inner[0];
    }
    for (int32_t first = 0; first < w->output_c; first += 16) {
        ep_chunk c;
        ep_chunk_fill(&c, d, first);
#if EP_DOTPROD
        ep_chunk_quads(&c, d);
#endif
        ep_chunk_pixels(d, &c, in, out, outside, inner);
    }
}

static void ep_depthwise_slides(const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out, const int8_t *outside)
{
    for (int32_t first = 0; first < d->window.output_c; first += 16) {
        ep_chunk c;
        ep_chunk_fill(&c, d, first);
        ep_chunk_3x3(d, &c, in, out, outside);
    }
}

static void ep_depthwise_neon(const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out, const int8_t *outside)
{
    const ep_window *const w = &d->window;
    const int slides = w->kernel_h == 3 && w->kernel_w == 3 && w->dilation_h == 1 && w->dilation_w == 1 &&
                       (w->stride_w == 1 || w->stride_w == 2);
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w), out += ep_image_out(w)) {
        if (EP_OTHER_WINDOWS && !slides)
            ep_depthwise_pixels_neon(d, in, out, outside);
        if ((EP_SLIDES_BY_1 || EP_SLIDES_BY_2) && slides)
            ep_depthwise_slides(d, in, out, outside);
    }
}

#endif
