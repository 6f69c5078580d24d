/* The depthwise convolution with AVX-512 VNNI: 64 bytes at a time, which are 64 channels of a pixel, or several pixels
   of fewer channels.

   Four taps are interleaved, so that each channel's four lie side by side as vpdpbusd wants them. Interleaving and the
   packing of results work within 128-bit lanes and undo each other; constants are brought into that order once. Of a 3
   by 3 window that moves by one pixel each column is interleaved once, its three taps with nothing, and counts for
   three pixels. Channels beyond a multiple of 64 are computed in a chunk that overlaps the one before. */
#ifndef EDGEPACK_DEPTHWISE_AVX512_H
#define EDGEPACK_DEPTHWISE_AVX512_H

#include "requantize_avx512.h"

#define EP_DEPTHWISE_VECTORS ep_depthwise_chunks
#define EP_TAP_GROUPS ((EP_TAPS + 3) / 4)

typedef struct {
    __m512i weights[EP_TAP_GROUPS][4];
    __m512i start[4]; /* The bias, less what making the activations unsigned adds. */
    ep_scale16 scale[4];
    ep_ends ends;
    int32_t groups;
    int32_t first, channels; /* The channels of one pixel. */
    int32_t pixels;          /* That one chunk holds. */
    int32_t sliding;         /* Whether each group of taps is a column of a window that moves by one pixel. */
} ep_chunk;

/* How the bytes of a tap lie in the input. */
enum ep_chunk_bytes {
    ep_chunk_whole,  /* 64 side by side. */
    ep_chunk_some,   /* Fewer, side by side. */
    ep_chunk_of_16s, /* Four pixels' 16 channels. */
    ep_chunk_of_32s  /* Two pixels' 32 channels. */
};

EP_INLINE void ep_interleave(const __m512i taps[4], __m512i quads[4])
{
    const __m512i low01 = _mm512_unpacklo_epi8(taps[0], taps[1]), high01 = _mm512_unpackhi_epi8(taps[0], taps[1]);
    const __m512i low23 = _mm512_unpacklo_epi8(taps[2], taps[3]), high23 = _mm512_unpackhi_epi8(taps[2], taps[3]);
    quads[0] = _mm512_unpacklo_epi16(low01, low23);
    quads[1] = _mm512_unpackhi_epi16(low01, low23);
    quads[2] = _mm512_unpacklo_epi16(high01, high23);
    quads[3] = _mm512_unpackhi_epi16(high01, high23);
}

/* The place of byte `i` after interleaving: which vector, and which of its numbers. */
EP_INLINE int32_t ep_chunk_slot(int32_t i) { return i % 16 / 4 * 16 + i / 16 * 4 + i % 4; }

static void ep_chunk_scaling(ep_chunk *c, const ep_depthwise_conv_2d *d)
{
    int32_t numbers[3][64] = {{0}};
    float scale[64] = {0};
    for (int32_t i = 0, channel = 0; i < c->pixels * c->channels; i++) {
        const int32_t slot = ep_chunk_slot(i), from = c->first + channel;
        numbers[0][slot] = d->bias[from];
#if EP_FLOAT32
        if (ep_is_float32(&d->scaling))
            scale[slot] = ep_scale_of(&d->scaling, from);
#endif
#if EP_FIXED
        if (!ep_is_float32(&d->scaling)) {
            numbers[1][slot] = ep_multiplier_of(&d->scaling, from);
            numbers[2][slot] = ep_shift_of(&d->scaling, from);
        }
#endif
        channel = channel + 1 < c->channels ? channel + 1 : 0;
    }
    c->ends = ep_ends_of(&d->scaling);
    for (int32_t k = 0; k < 4; k++) {
        const __m512i zero = _mm512_setzero_si512(), shift = _mm512_loadu_si512(numbers[2] + 16 * k);
        c->start[k] = _mm512_loadu_si512(numbers[0] + 16 * k);
        c->scale[k].scale = _mm512_loadu_ps(scale + 16 * k);
        c->scale[k].multiplier = _mm512_loadu_si512(numbers[1] + 16 * k);
        c->scale[k].left = _mm512_max_epi32(shift, zero);
        c->scale[k].right = _mm512_max_epi32(_mm512_sub_epi32(zero, shift), zero);
    }
}

/* The weights of one tap, as often as there are pixels. */
EP_INLINE __m512i ep_chunk_tap(const ep_chunk *c, const int8_t *weights)
{
    int8_t bytes[64] = {0};
    for (int32_t pixel = 0; pixel < c->pixels; pixel++)
        memcpy(bytes + pixel * c->channels, weights + c->first, (size_t)c->channels);
    return _mm512_loadu_si512(bytes);
}

/* The tap that is byte `t` of group `g`, -1 for none. */
EP_INLINE int32_t ep_chunk_tap_at(const ep_chunk *c, int32_t taps, int32_t g, int32_t t)
{
    const int32_t at = c->sliding ? 3 * t + g : 4 * g + t;
    return at < taps && !(c->sliding && t == 3) ? at : -1;
}

static void ep_chunk_weights(ep_chunk *c, const ep_depthwise_conv_2d *d)
{
    const int32_t taps = d->window.kernel_h * d->window.kernel_w;
    c->groups = (taps + 3) / 4;
    for (int32_t g = 0; g < c->groups; g++) {
        __m512i bytes[4];
        for (int32_t t = 0; t < 4; t++) {
            const int32_t tap = ep_chunk_tap_at(c, taps, g, t);
            bytes[t] = tap < 0 ? _mm512_setzero_si512() : ep_chunk_tap(c, d->weights + tap * d->channels);
        }
        ep_interleave(bytes, c->weights[g]);
        for (int32_t k = 0; k < 4; k++) {
            const __m512i excess =
                _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_set1_epi8(-128), c->weights[g][k]);
            c->start[k] = _mm512_sub_epi32(c->start[k], excess);
        }
    }
}

EP_INLINE __mmask64 ep_chunk_mask(int32_t bytes)
{
    return bytes == 64 ? ~UINT64_C(0) : (UINT64_C(1) << bytes) - 1u;
}

EP_INLINE __m128i ep_chunk_16(const int8_t *x) { return _mm_loadu_si128((const __m128i *)(const void *)x); }

EP_INLINE __m256i ep_chunk_32(const int8_t *x) { return _mm256_loadu_si256((const __m256i *)(const void *)x); }

/* One tap, made unsigned; `step` bytes from a pixel to the next. */
EP_INLINE __m512i ep_chunk_load(const int8_t *x, const enum ep_chunk_bytes kind, __mmask64 mask, ptrdiff_t step)
{
    __m512i bytes;
    if (kind == ep_chunk_whole) {
        bytes = _mm512_loadu_si512(x);
    } else if (kind == ep_chunk_some) {
        bytes = _mm512_maskz_loadu_epi8(mask, x);
    } else if (kind == ep_chunk_of_32s) {
        bytes = _mm512_inserti64x4(_mm512_castsi256_si512(ep_chunk_32(x)), ep_chunk_32(x + step), 1);
    } else {
        bytes = _mm512_inserti32x4(_mm512_castsi128_si512(ep_chunk_16(x)), ep_chunk_16(x + step), 1);
        bytes = _mm512_inserti32x4(bytes, ep_chunk_16(x + 2 * step), 2);
        bytes = _mm512_inserti32x4(bytes, ep_chunk_16(x + 3 * step), 3);
    }
    return _mm512_xor_si512(bytes, _mm512_set1_epi8(-128));
}

EP_INLINE void ep_chunk_add(__m512i sums[4], const __m512i quads[4], const __m512i weights[4])
{
    EP_UNROLL for (int32_t k = 0; k < 4; k++)
        sums[k] = _mm512_dpbusd_epi32(sums[k], quads[k], weights[k]);
}

EP_INLINE void ep_chunk_store(const ep_chunk *c, const ep_requantize *r, const __m512i sums[4], __mmask64 mask,
                              int8_t *out)
{
    __m512i v[4];
    EP_UNROLL for (int32_t k = 0; k < 4; k++)
        v[k] = ep_scaled16(r, &c->scale[k], &c->ends, sums[k]);
    const __m512i bytes = ep_narrowed64(&c->ends, v);
    if (mask == ~UINT64_C(0))
        _mm512_storeu_si512(out, bytes);
    else
        _mm512_mask_storeu_epi8(out, mask, bytes);
}

/* One chunk of output, of which `mask` is stored; its first pixel's taps lie `at` from their addresses on. */
EP_INLINE void ep_chunk_run(const ep_chunk *c, const ep_requantize *r, const int8_t *const *taps, ptrdiff_t at,
                            const enum ep_chunk_bytes kind, __mmask64 mask, ptrdiff_t step, int8_t *out)
{
    __m512i sums[4];
    EP_UNROLL for (int32_t k = 0; k < 4; k++)
        sums[k] = c->start[k];
    for (int32_t g = 0; g < c->groups; g++, taps += 4) {
        __m512i bytes[4], quads[4];
        EP_UNROLL for (int32_t t = 0; t < 4; t++)
            bytes[t] = ep_chunk_load(taps[t] + at, kind, mask, step);
        ep_interleave(bytes, quads);
        ep_chunk_add(sums, quads, c->weights[g]);
    }
    ep_chunk_store(c, r, sums, mask, out);
}

EP_INLINE void ep_chunk_pixels(const ep_chunk *c, const ep_requantize *r, const int8_t *const *taps, ptrdiff_t at,
                               int32_t pixels, ptrdiff_t step, int8_t *out)
{
    const __mmask64 mask = ep_chunk_mask(pixels * c->channels);
    if (pixels > 1 && step != c->channels) {
        if (c->channels == 16)
            ep_chunk_run(c, r, taps, at, ep_chunk_of_16s, mask, step, out);
        else
            ep_chunk_run(c, r, taps, at, ep_chunk_of_32s, mask, step, out);
    } else if (pixels * c->channels == 64) {
        ep_chunk_run(c, r, taps, at, ep_chunk_whole, mask, step, out);
    } else {
        ep_chunk_run(c, r, taps, at, ep_chunk_some, mask, step, out);
    }
}

/* A row of output, the taps of each pixel found anew at the borders alone. */
static void ep_chunk_row(const ep_chunk *c, const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out, int32_t y,
                         const int8_t *outside)
{
    const ep_window *const w = &d->window;
    const int inner = y >= w->top && y < w->bottom;
    const ptrdiff_t step = (ptrdiff_t)w->stride_w * w->input_c;
    const int32_t count = w->kernel_h * w->kernel_w;
    const int8_t *taps[4 * EP_TAP_GROUPS];
    for (int32_t x = 0; x < w->output_w;) {
        const int32_t run = inner && x >= w->left && x < w->right ? w->right - x : 1;
        ep_depthwise_taps(w, in, y, x, outside, taps);
        for (int32_t t = count; t < 4 * c->groups; t++)
            taps[t] = taps[count - 1]; /* Of weight 0, and as many bytes as any. */
        for (int32_t i = 0, pixels; i < run; i += pixels, out += pixels * w->output_c) {
            pixels = run - i >= c->pixels ? c->pixels : step == c->channels ? run - i : 1;
            ep_chunk_pixels(c, &d->scaling, taps, i * step + c->first, pixels, step, out + c->first);
        }
        x += run;
    }
}

/* Three taps that lie one above the other. */
EP_INLINE void ep_chunk_column(const int8_t *const taps[3], __m512i quads[4])
{
    __m512i bytes[4];
    EP_UNROLL for (int32_t i = 0; i < 3; i++)
        bytes[i] = ep_chunk_load(taps[i], ep_chunk_whole, 0, 0);
    bytes[3] = bytes[2]; /* Whatever it is, its weights are 0. */
    ep_interleave(bytes, quads);
}

/* The last column of a pixel whose `two` others are summed up, which is the middle one of the next and the first of
   the one after that. */
EP_INLINE void ep_chunk_slid(const ep_chunk *c, const ep_requantize *r, const int8_t *const taps[3], __m512i two[4],
                             __m512i one[4], int8_t *out)
{
    __m512i quads[4];
    ep_chunk_column(taps, quads);
    ep_chunk_add(two, quads, c->weights[2]);
    ep_chunk_store(c, r, two, ~UINT64_C(0), out);
    EP_UNROLL for (int32_t k = 0; k < 4; k++) {
        two[k] = _mm512_dpbusd_epi32(one[k], quads[k], c->weights[1][k]);
        one[k] = _mm512_dpbusd_epi32(c->start[k], quads[k], c->weights[0][k]);
    }
}

/* Where a column's taps lie; `rows` are null outside the input. */
EP_INLINE void ep_chunk_taps(const ep_window *w, const int8_t *const rows[3], int32_t column, const int8_t *outside,
                             const int8_t *taps[3])
{
    const int inside = column >= 0 && column < w->input_w;
    EP_UNROLL for (int32_t i = 0; i < 3; i++)
        taps[i] = inside && rows[i] ? rows[i] + (ptrdiff_t)column * w->input_c : outside;
}

/* A row of output of 64 channels of a 3 by 3 window that moves by one pixel. Inlined, its weights would be held in more
   registers than there are. */
__attribute__((noinline)) static void ep_chunk_slide(const ep_chunk *c, const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out, int32_t y,
                           const int8_t *outside)
{
    const ep_window *const w = &d->window;
    const int8_t *rows[3], *taps[3];
    ptrdiff_t steps[3];
    __m512i two[4], one[4], quads[4];
    for (int32_t i = 0; i < 3; i++) {
        const int32_t row = y * w->stride_h - w->pad_h + i;
        const int inside = row >= 0 && row < w->input_h;
        rows[i] = inside ? in + (ptrdiff_t)row * w->input_w * w->input_c + c->first : NULL;
        steps[i] = inside ? w->input_c : 0;
    }
    outside += c->first;
    out += c->first;
    EP_UNROLL for (int32_t k = 0; k < 4; k++)
        two[k] = one[k] = c->start[k];
    ep_chunk_taps(w, rows, -w->pad_w, outside, taps);
    ep_chunk_column(taps, quads);
    ep_chunk_add(two, quads, c->weights[0]);
    ep_chunk_taps(w, rows, 1 - w->pad_w, outside, taps);
    ep_chunk_column(taps, quads);
    ep_chunk_add(two, quads, c->weights[1]);
    ep_chunk_add(one, quads, c->weights[0]);
    int32_t x = 0;
    ep_chunk_taps(w, rows, 2 - w->pad_w, outside, taps);
    for (; x + 2 - w->pad_w < w->input_w; x++, out += w->output_c) {
        ep_chunk_slid(c, &d->scaling, taps, two, one, out);
        EP_UNROLL for (int32_t i = 0; i < 3; i++)
            taps[i] += steps[i];
    }
    for (; x < w->output_w; x++, out += w->output_c) {
        ep_chunk_taps(w, rows, x + 2 - w->pad_w, outside, taps);
        ep_chunk_slid(c, &d->scaling, taps, two, one, out);
    }
}

EP_INLINE int ep_chunk_slides(const ep_window *w)
{
    const int square = w->kernel_h == 3 && w->kernel_w == 3 && w->dilation_h == 1 && w->dilation_w == 1;
    return square && w->stride_w == 1 && w->output_c >= 64;
}

static void ep_depthwise_chunks(const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out, const int8_t *outside)
{
    const ep_window *const w = &d->window;
    const int32_t channels = w->output_c, count = ep_min(64, channels);
    ep_chunk c;
    c.channels = count;
    c.pixels = w->stride_w == 1 || channels == 16 || channels == 32 ? 64 / count : 1;
    c.sliding = ep_chunk_slides(w);
    for (int32_t first = 0; first < channels; first += 64) {
        c.first = ep_min(first, channels - count);
        ep_chunk_scaling(&c, d);
        ep_chunk_weights(&c, d);
        for (int32_t row = 0; row < w->batches * w->output_h; row++) {
            const int32_t n = row / w->output_h, y = row % w->output_h;
            const int8_t *const image = in + n * ep_image_in(w);
            int8_t *const line = out + (ptrdiff_t)row * w->output_w * channels;
            if (c.sliding)
                ep_chunk_slide(&c, d, image, line, y, outside);
            else
                ep_chunk_row(&c, d, image, line, y, outside);
        }
    }
}

#endif
