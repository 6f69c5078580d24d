/* The depthwise convolution with AVX-512 VNNI: 64 bytes at a time, which are up to 64 channels of a pixel, or several
   neighbouring pixels of fewer channels.

   Four taps are interleaved, so that each channel's four lie side by side as vpdpbusd wants them. Interleaving and the
   packing of results work within 128-bit lanes and undo each other; constants are brought into that order once. */
#ifndef EDGEPACK_DEPTHWISE_AVX512_H
#define EDGEPACK_DEPTHWISE_AVX512_H

#include "requantize_avx512.h"

#define EP_DEPTHWISE_VECTORS ep_depthwise_chunks
#define EP_TAP_GROUPS ((EP_TAPS + 3) / 4)

typedef struct {
    __m512i weights[EP_TAP_GROUPS][4];
    __m512i start[4]; /* The bias, less what making the activations unsigned adds. */
    ep_scale16 scale[4];
    int32_t groups;
    int32_t first, channels; /* The channels of one pixel. */
    int32_t pixels;          /* That fit side by side. */
} ep_chunk;

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
        if (d->scaling.rule == ep_rule_float32) {
            scale[slot] = d->scaling.scale[from];
        } else {
            numbers[1][slot] = d->scaling.multiplier[from];
            numbers[2][slot] = d->scaling.shift[from];
        }
        channel = channel + 1 < c->channels ? channel + 1 : 0;
    }
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

static void ep_chunk_weights(ep_chunk *c, const ep_depthwise_conv_2d *d)
{
    const int32_t taps = d->window.kernel_h * d->window.kernel_w;
    c->groups = (taps + 3) / 4;
    for (int32_t g = 0; g < c->groups; g++) {
        __m512i bytes[4];
        for (int32_t t = 0; t < 4; t++)
            bytes[t] = 4 * g + t < taps ? ep_chunk_tap(c, d->weights + (4 * g + t) * d->channels)
                                        : _mm512_setzero_si512();
        ep_interleave(bytes, c->weights[g]);
        for (int32_t k = 0; k < 4; k++) {
            const __m512i excess =
                _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_set1_epi8(-128), c->weights[g][k]);
            c->start[k] = _mm512_sub_epi32(c->start[k], excess);
        }
    }
}

/* One chunk of output, of which `mask` is stored. */
EP_INLINE void ep_chunk_run(const ep_chunk *c, const ep_requantize *r, const int8_t *const *taps, __mmask64 mask,
                            int8_t *out)
{
    __m512i sums[4];
    EP_UNROLL for (int32_t k = 0; k < 4; k++)
        sums[k] = c->start[k];
    for (int32_t g = 0; g < c->groups; g++, taps += 4) {
        __m512i bytes[4], quads[4];
        EP_UNROLL for (int32_t t = 0; t < 4; t++)
            bytes[t] = _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, taps[t] + c->first), _mm512_set1_epi8(-128));
        ep_interleave(bytes, quads);
        EP_UNROLL for (int32_t k = 0; k < 4; k++)
            sums[k] = _mm512_dpbusd_epi32(sums[k], quads[k], c->weights[g][k]);
    }
    EP_UNROLL for (int32_t k = 0; k < 4; k++)
        sums[k] = ep_scaled16(r, &c->scale[k], sums[k]);
    const __m512i packed =
        _mm512_packs_epi16(_mm512_packs_epi32(sums[0], sums[1]), _mm512_packs_epi32(sums[2], sums[3]));
    _mm512_mask_storeu_epi8(out + c->first, mask, packed);
}

EP_INLINE __mmask64 ep_chunk_mask(int32_t bytes)
{
    return bytes == 64 ? ~UINT64_C(0) : (UINT64_C(1) << bytes) - 1u;
}

static void ep_chunk_row(const ep_chunk *c, const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out, int32_t y,
                         const int8_t *outside)
{
    const ep_window *const w = &d->window;
    const int inner = y >= w->top && y < w->bottom;
    const int8_t *taps[4 * EP_TAP_GROUPS];
    for (int32_t t = w->kernel_h * w->kernel_w; t < 4 * c->groups; t++)
        taps[t] = outside;
    for (int32_t x = 0; x < w->output_w;) {
        const int32_t room = inner && x >= w->left && x < w->right && w->stride_w == 1 ? w->right - x : 1;
        const int32_t pixels = ep_min(room, c->pixels);
        ep_depthwise_taps(w, in, y, x, outside, taps);
        ep_chunk_run(c, &d->scaling, taps, ep_chunk_mask(pixels * c->channels), out + (ptrdiff_t)x * w->output_c);
        x += pixels;
    }
}

static void ep_depthwise_chunks(const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out, const int8_t *outside)
{
    const ep_window *const w = &d->window;
    ep_chunk c;
    for (int32_t first = 0; first < w->output_c; first += 64) {
        c.first = first;
        c.channels = ep_min(64, w->output_c - first);
        c.pixels = w->output_c < 64 ? 64 / w->output_c : 1;
        ep_chunk_scaling(&c, d);
        ep_chunk_weights(&c, d);
        for (int32_t row = 0; row < w->batches * w->output_h; row++) {
            const int32_t n = row / w->output_h, y = row % w->output_h;
            ep_chunk_row(&c, d, in + n * ep_image_in(w), out + (ptrdiff_t)row * w->output_w * w->output_c, y, outside);
        }
    }
}

#endif
