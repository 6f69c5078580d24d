/* The depthwise convolution with AVX2: 16 channels of a pixel at a time, or several pixels of fewer channels.

   Two taps are widened and interleaved, so that vpmaddwd multiplies and adds both for each of 8 channels. Interleaving
   and the packing of results work within 128-bit lanes and undo each other: one register has lanes 0 to 3 and 8 to 11,
   the other the rest. Channels beyond a multiple of 16 are computed in a group that overlaps the one before. */
#ifndef EDGEPACK_DEPTHWISE_AVX2_H
#define EDGEPACK_DEPTHWISE_AVX2_H

#include "requantize_avx2.h"

#define EP_DEPTHWISE_VECTORS ep_depthwise_groups
#define EP_GROUP 16
#define EP_GROUPS 4 /* That share the addresses of a pixel's taps. */
#define EP_PAIRS ((EP_TAPS + 1) / 2)

/* 16 lanes: their weights, by pairs of taps. */
typedef struct {
    __m256i weights[EP_PAIRS][2];
    __m256i start[2];
    ep_scale8 scale[2];
    int32_t first; /* Channel. */
} ep_group;

/* Constants of a layer of less than 16 channels, repeated for several pixels. */
typedef struct {
    int8_t weights[EP_TAPS * EP_GROUP];
    int32_t bias[EP_GROUP];
#if EP_FLOAT32
    float scale[EP_GROUP];
#endif
#if EP_FIXED
    int32_t multiplier[EP_GROUP];
    int8_t shift[EP_GROUP];
#endif
} ep_repeated;

static void ep_repeat(ep_repeated *to, ep_depthwise_conv_2d *d, int32_t lanes)
{
    const int32_t taps = d->window.kernel_h * d->window.kernel_w, channels = d->window.output_c;
    for (int32_t i = 0; i < EP_GROUP; i++) {
        const int32_t from = i % channels;
        to->bias[i] = d->bias[from];
#if EP_FLOAT32
        if (ep_is_float32(&d->scaling))
            to->scale[i] = ep_scale_of(&d->scaling, from);
#endif
#if EP_FIXED
        if (!ep_is_float32(&d->scaling)) {
            to->multiplier[i] = ep_multiplier_of(&d->scaling, from);
            to->shift[i] = (int8_t)ep_shift_of(&d->scaling, from);
        }
#endif
        for (int32_t t = 0; t < taps; t++)
            to->weights[t * EP_GROUP + i] = (int8_t)(i < lanes ? d->weights[t * d->channels + from] : 0);
    }
    d->weights = to->weights;
    d->bias = to->bias;
    d->channels = EP_GROUP;
    if (ep_has_one_scale(&d->scaling))
        return;
#if EP_FLOAT32 && EP_OWN_SCALES
    d->scaling.scale = to->scale;
#endif
#if EP_FIXED && EP_OWN_SCALES
    d->scaling.multiplier = to->multiplier;
    d->scaling.shift = to->shift;
#endif
}

static void ep_group_load(ep_group *g, const ep_depthwise_conv_2d *d, int32_t first)
{
    const int32_t taps = d->window.kernel_h * d->window.kernel_w;
    g->first = first;
    for (int32_t p = 0; 2 * p < taps; p++) {
        const int8_t *const w = d->weights + (ptrdiff_t)2 * p * d->channels + first;
        const __m256i one = _mm256_cvtepi8_epi16(ep_load16(w));
        const __m256i other =
            2 * p + 1 < taps ? _mm256_cvtepi8_epi16(ep_load16(w + d->channels)) : _mm256_setzero_si256();
        g->weights[p][0] = _mm256_unpacklo_epi16(one, other);
        g->weights[p][1] = _mm256_unpackhi_epi16(one, other);
    }
    for (int32_t k = 0; k < 2; k++) {
        g->start[k] = ep_load_halves(d->bias + first + 4 * k, d->bias + first + 4 * k + 8);
        g->scale[k] = ep_scale8_load(&d->scaling, first + 4 * k, first + 4 * k + 8);
    }
}

/* Adds two taps. */
EP_INLINE void ep_group_pair(const ep_group *g, const int8_t *const *taps, ptrdiff_t at, int32_t pair, __m256i sums[2])
{
    const __m256i one = _mm256_cvtepi8_epi16(ep_load16(taps[2 * pair] + at));
    const __m256i other = _mm256_cvtepi8_epi16(ep_load16(taps[2 * pair + 1] + at));
    sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(_mm256_unpacklo_epi16(one, other), g->weights[pair][0]));
    sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(_mm256_unpackhi_epi16(one, other), g->weights[pair][1]));
}

/* One group of one pixel, `at` from the taps' addresses on. */
EP_INLINE __m128i ep_group_run(const ep_group *g, const ep_requantize *r, const int8_t *const *taps, ptrdiff_t at,
                               int32_t pairs)
{
    __m256i sums[2] = {g->start[0], g->start[1]};
    if (pairs == 5) { /* A window of 3 by 3. */
        EP_UNROLL for (int32_t p = 0; p < 5; p++)
            ep_group_pair(g, taps, at, p, sums);
    } else {
        for (int32_t p = 0; p < pairs; p++)
            ep_group_pair(g, taps, at, p, sums);
    }
    const __m256i a = ep_scaled8(r, &g->scale[0], sums[0]), b = ep_scaled8(r, &g->scale[1], sums[1]);
    const __m256i bytes = ep_packed32(r, a, b, a, b);
    return _mm_unpacklo_epi64(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
}

/* Groups of one pixel, of which the first `lanes` bytes are stored. */
EP_INLINE void ep_groups_run(const ep_group *groups, int32_t count, const ep_depthwise_conv_2d *d,
                             const int8_t *const *taps, ptrdiff_t at, int32_t lanes, int8_t *out)
{
    const int32_t pairs = (d->window.kernel_h * d->window.kernel_w + 1) / 2;
    for (int32_t i = 0; i < count; i++) {
        const ep_group *const g = &groups[i];
        ep_store_some(out + g->first, ep_group_run(g, &d->scaling, taps, at + g->first, pairs), lanes);
    }
}

/* The same, of one group, where 16 bytes from a tap on may not all be there. */
static void ep_group_copied(const ep_group *group, const ep_depthwise_conv_2d *d, const int8_t *const *taps,
                            ptrdiff_t at, int32_t lanes, int8_t *out)
{
    const int32_t count = d->window.kernel_h * d->window.kernel_w;
    int8_t bytes[2 * EP_PAIRS][EP_GROUP] = {{0}};
    const int8_t *copied[2 * EP_PAIRS];
    for (int32_t t = 0; t < 2 * EP_PAIRS; t++) {
        copied[t] = bytes[t];
        if (t < count)
            memcpy(bytes[t], taps[t] + at, (size_t)lanes);
    }
    ep_groups_run(group, 1, d, copied, 0, lanes, out);
}

/* Where the taps of a pixel lie; the last of an odd count twice, to be joined with itself, the second time for nothing. */
EP_INLINE void ep_group_taps(const ep_window *w, const int8_t *in, int32_t y, int32_t x, const int8_t *outside,
                             const int8_t **taps)
{
    const int32_t count = w->kernel_h * w->kernel_w;
    ep_depthwise_taps(w, in, y, x, outside, taps);
    taps[(count - 1) | 1] = taps[count - 1];
}

/* The last address of a tap that lies in the input. */
EP_INLINE const int8_t *ep_last_tap(const int8_t *const *taps, int32_t count, const int8_t *outside)
{
    while (count > 1 && taps[count - 1] == outside)
        count--;
    return taps[count - 1];
}

/* A row of output for layers of less than 16 channels; `pixels` fit a group where they lie side by side. */
static void ep_group_row(const ep_group *group, const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out, int32_t y,
                         int32_t pixels, const int8_t *outside)
{
    const ep_window *const w = &d->window;
    const int8_t *const safe = in + ep_image_in(w) - EP_GROUP;
    const int32_t count = w->kernel_h * w->kernel_w, step = w->stride_w * w->input_c;
    const int inner = y >= w->top && y < w->bottom;
    const int8_t *taps[2 * EP_PAIRS];
    for (int32_t x = 0; x < w->output_w;) {
        const int32_t room = x >= w->left && x < w->right ? w->right - x : 1, run = inner ? room : ep_min(room, pixels);
        ep_group_taps(w, in, y, x, outside, taps);
        const int8_t *const last = ep_last_tap(taps, count, outside);
        for (int32_t i = 0, taken; i < run; i += taken, out += taken * w->output_c) {
            taken = ep_min(pixels, run - i);
            if (last == outside || last + i * step <= safe)
                ep_groups_run(group, 1, d, taps, i * step, taken * w->output_c, out);
            else
                ep_group_copied(group, d, taps, i * step, taken * w->output_c, out);
        }
        x += run;
    }
}

/* A row of output for some groups. */
static void ep_groups_row(const ep_group *groups, int32_t count, const ep_depthwise_conv_2d *d, const int8_t *in,
                          int8_t *out, int32_t y, const int8_t *outside)
{
    const ep_window *const w = &d->window;
    const int inner = y >= w->top && y < w->bottom;
    const ptrdiff_t step = (ptrdiff_t)w->stride_w * w->input_c;
    const int8_t *taps[2 * EP_PAIRS];
    for (int32_t x = 0; x < w->output_w;) {
        const int32_t run = inner && x >= w->left && x < w->right ? w->right - x : 1;
        ep_group_taps(w, in, y, x, outside, taps);
        for (int32_t i = 0; i < run; i++, out += w->output_c)
            ep_groups_run(groups, count, d, taps, i * step, EP_GROUP, out);
        x += run;
    }
}

/* Less than 16 channels. */
static void ep_depthwise_narrow(const ep_depthwise_conv_2d *layer, const int8_t *in, int8_t *out, const int8_t *outside)
{
    const ep_window *const w = &layer->window;
    const int32_t pixels = w->stride_w == 1 ? EP_GROUP / w->output_c : 1;
    ep_depthwise_conv_2d d = *layer;
    ep_repeated repeated;
    ep_group group;
    ep_repeat(&repeated, &d, pixels * w->output_c);
    ep_group_load(&group, &d, 0);
    for (int32_t row = 0; row < w->batches * w->output_h; row++)
        ep_group_row(&group, &d, in + row / w->output_h * ep_image_in(w), out + row * ((ptrdiff_t)w->output_w * w->output_c),
                     row % w->output_h, pixels, outside);
}

static void ep_depthwise_groups(const ep_depthwise_conv_2d *d, const int8_t *in, int8_t *out, const int8_t *outside)
{
    const ep_window *const w = &d->window;
    const int32_t channels = w->output_c;
    ep_group groups[EP_GROUPS];
    if (channels < EP_GROUP) {
        ep_depthwise_narrow(d, in, out, outside);
        return;
    }
    for (int32_t first = 0; first < channels;) {
        int32_t count = 0;
        for (; count < EP_GROUPS && first < channels; count++, first += EP_GROUP)
            ep_group_load(&groups[count], d, ep_min(first, channels - EP_GROUP));
        for (int32_t row = 0; row < w->batches * w->output_h; row++)
            ep_groups_row(groups, count, d, in + row / w->output_h * ep_image_in(w),
                          out + row * ((ptrdiff_t)w->output_w * channels), row % w->output_h, outside);
    }
}

#endif
