/* The matrix product with NEON: up to 2 vectors by 16 outputs in registers.

   Two products of a weight and an activation are added in 16 bits, then pairs of them to 32. That fits unless both
   weights are -128: a model that has such weights defines EP_MINUS_128 as 1. */
#ifndef EDGEPACK_MATRIX_NEON_H
#define EDGEPACK_MATRIX_NEON_H

#include "requantize_neon.h"

#define EP_SKIPPING 1
#define EP_TILE 2

/* Two sums for each of four outputs. */
typedef struct {
    int32x4_t low[EP_TILE][4], high[EP_TILE][4];
} ep_sums;

EP_INLINE int32x4_t ep_add_pairs(int32x4_t sum, int8x8_t a, int8x8_t x, int8x8_t b, int8x8_t y)
{
#if EP_MINUS_128
    return vpadalq_s16(vpadalq_s16(sum, vmull_s8(a, x)), vmull_s8(b, y));
#else
    return vpadalq_s16(sum, vmlal_s8(vmull_s8(a, x), b, y));
#endif
}

/* The same of the high halves. */
EP_INLINE int32x4_t ep_add_high_pairs(int32x4_t sum, int8x16_t a, int8x16_t x, int8x16_t b, int8x16_t y)
{
#if !defined(__aarch64__)
    return ep_add_pairs(sum, vget_high_s8(a), vget_high_s8(x), vget_high_s8(b), vget_high_s8(y));
#elif EP_MINUS_128
    return vpadalq_s16(vpadalq_s16(sum, vmull_high_s8(a, x)), vmull_high_s8(b, y));
#else
    return vpadalq_s16(sum, vmlal_high_s8(vmull_high_s8(a, x), b, y));
#endif
}

/* Two quads of each vector, `x` and `y`, times 16 outputs. */
EP_INLINE void ep_two_quads(ep_sums *sums, const int8_t *w, const int8x16_t *x, const int8x16_t *y,
                            const int32_t height)
{
    EP_UNROLL for (int32_t j = 0; j < 4; j++) {
        const int8x16_t a = vld1q_s8(w + 16 * j), b = vld1q_s8(w + 64 + 16 * j);
        EP_UNROLL for (int32_t i = 0; i < height; i++) {
            sums->low[i][j] = ep_add_pairs(sums->low[i][j], vget_low_s8(a), vget_low_s8(x[i]), vget_low_s8(b),
                                           vget_low_s8(y[i]));
            sums->high[i][j] = ep_add_high_pairs(sums->high[i][j], a, x[i], b, y[i]);
        }
    }
}

/* Eight bytes of each vector times 16 outputs. */
EP_INLINE void ep_eight_bytes(ep_sums *sums, const int8_t *w, const int8x8_t *bytes, const int32_t height)
{
    int8x16_t x[EP_TILE], y[EP_TILE];
    EP_UNROLL for (int32_t i = 0; i < height; i++) {
        x[i] = vreinterpretq_s8_s32(vdupq_lane_s32(vreinterpret_s32_s8(bytes[i]), 0));
        y[i] = vreinterpretq_s8_s32(vdupq_lane_s32(vreinterpret_s32_s8(bytes[i]), 1));
    }
    ep_two_quads(sums, w, x, y, height);
}

/* The last quad of an odd number. */
EP_INLINE void ep_one_quad(ep_sums *sums, const int8_t *in, ptrdiff_t stride, const int8_t *w, const int32_t height)
{
    EP_UNROLL for (int32_t i = 0; i < height; i++) {
        int32_t quad;
        memcpy(&quad, in + i * stride, sizeof quad);
        const int8x8_t x = vreinterpret_s8_s32(vdup_n_s32(quad));
        EP_UNROLL for (int32_t j = 0; j < 4; j++) {
            const int8x16_t a = vld1q_s8(w + 16 * j);
            sums->low[i][j] = vpadalq_s16(sums->low[i][j], vmull_s8(vget_low_s8(a), x));
            sums->high[i][j] = vpadalq_s16(sums->high[i][j], vmull_s8(vget_high_s8(a), x));
        }
    }
}

/* `quads` quads of `height` vectors. */
EP_INLINE void ep_tile_row(ep_sums *sums, const int8_t *in, ptrdiff_t stride, const int8_t *w, int32_t quads,
                           const int32_t height)
{
    int8x8_t low[EP_TILE], high[EP_TILE];
    for (; quads >= 4; quads -= 4, in += 16, w += 4 * 64) {
        EP_UNROLL for (int32_t i = 0; i < height; i++) {
            const int8x16_t x = vld1q_s8(in + i * stride);
            low[i] = vget_low_s8(x), high[i] = vget_high_s8(x);
        }
        ep_eight_bytes(sums, w, low, height);
        ep_eight_bytes(sums, w + 2 * 64, high, height);
    }
    if (EP_QUADS_2 >= height && (quads & 2)) {
        EP_UNROLL for (int32_t i = 0; i < height; i++)
            low[i] = vld1_s8(in + i * stride);
        ep_eight_bytes(sums, w, low, height);
        in += 8;
        w += 2 * 64;
    }
    if (EP_QUADS_1 >= height && (quads & 1))
        ep_one_quad(sums, in, stride, w, height);
}

#if EP_SKIPS
/* A quad four times. Clang, if it saw that, would take half of it, and half of the weights by an instruction more. */
EP_INLINE int8x16_t ep_fourfold(const int8_t *at)
{
    int32_t quad;
    memcpy(&quad, at, sizeof quad);
    int32x4_t four = vdupq_n_s32(quad);
#if defined(__aarch64__)
    __asm__("" : "+w"(four));
#endif
    return vreinterpretq_s8_s32(four);
}

/* `count` quads of `height` vectors, at `offsets`; where these are null, at four times `steps`. */
EP_INLINE void ep_tile_steps(ep_sums *sums, const int8_t *in, ptrdiff_t stride, const int8_t *w,
                             const int32_t *offsets, const uint16_t *steps, int32_t count, const int32_t height)
{
    int32_t i = 0;
    for (; i + 2 <= count; i += 2, w += 2 * 64) {
        const int8_t *const a = in + (offsets ? offsets[i] : 4 * steps[i]);
        const int8_t *const b = in + (offsets ? offsets[i + 1] : 4 * steps[i + 1]);
        int8x16_t x[EP_TILE], y[EP_TILE];
        EP_UNROLL for (int32_t k = 0; k < height; k++) {
            x[k] = ep_fourfold(a + k * stride);
            y[k] = ep_fourfold(b + k * stride);
        }
        ep_two_quads(sums, w, x, y, height);
    }
    if (i < count)
        ep_one_quad(sums, in + (offsets ? offsets[i] : 4 * steps[i]), stride, w, height);
}
#endif

/* The sums of both halves, brought together. */
EP_INLINE int32x4_t ep_joined(int32x4_t low, int32x4_t high)
{
#if defined(__aarch64__)
    return vpaddq_s32(low, high);
#else
    return vcombine_s32(vpadd_s32(vget_low_s32(low), vget_high_s32(low)),
                        vpadd_s32(vget_low_s32(high), vget_high_s32(high)));
#endif
}

/* The bias of a block, in the first of two sums. */
typedef struct {
    int32x4_t low[4], high[4];
} ep_start;

EP_INLINE ep_start ep_start_of(const int32_t *bias)
{
    ep_start s;
    EP_UNROLL for (int32_t j = 0; j < 4; j++) {
        const int32x4x2_t both = vzipq_s32(vld1q_s32(bias + 4 * j), vdupq_n_s32(0));
        s.low[j] = both.val[0];
        s.high[j] = both.val[1];
    }
    return s;
}

EP_INLINE void ep_sums_begin(ep_sums *sums, const ep_start *start, const int32_t height)
{
    EP_UNROLL for (int32_t j = 0; j < 4; j++) {
        const int32x4_t low = start->low[j], high = start->high[j];
        EP_UNROLL for (int32_t i = 0; i < height; i++)
            sums->low[i][j] = low, sums->high[i][j] = high;
    }
}

/* The sums of vector `i`. */
EP_INLINE void ep_sums_of(const ep_sums *sums, const int32_t i, int32x4_t *totals)
{
    EP_UNROLL for (int32_t j = 0; j < 4; j++)
        totals[j] = ep_joined(sums->low[i][j], sums->high[i][j]);
}

/* `count` vectors in tiles. */
#define EP_TILES(tile, count)                                                                                          \
    do {                                                                                                               \
        for (; (count) >= 2; (count) -= 2)                                                                             \
            tile(2);                                                                                                   \
        if (EP_ODD_TILES && (count))                                                                                   \
            tile(1);                                                                                                   \
    } while (0)

#include "matrix_arm.h"

#endif
