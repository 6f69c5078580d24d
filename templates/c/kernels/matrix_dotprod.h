/* The matrix product with NEON's dot products: up to 6 vectors by 16 outputs in registers. */
#ifndef EDGEPACK_MATRIX_DOTPROD_H
#define EDGEPACK_MATRIX_DOTPROD_H

#include "requantize_neon.h"

#define EP_SKIPPING 1
#define EP_TILE 6

typedef struct {
    int32x4_t of[EP_TILE][4];
} ep_sums;

/* One quad of each vector, which is lane `lane` of `x`, times 16 outputs. */
#define EP_DOT(dot, lane)                                                                                              \
    do {                                                                                                               \
        EP_UNROLL for (int32_t j = 0; j < 4; j++) {                                                                    \
            const int8x16_t weights = vld1q_s8(w + 16 * (4 * (lane) + j));                                             \
            EP_UNROLL for (int32_t i = 0; i < height; i++)                                                             \
                sums->of[i][j] = dot(sums->of[i][j], weights, x[i], lane);                                             \
        }                                                                                                              \
    } while (0)

/* `quads` quads of `height` vectors. */
EP_INLINE void ep_tile_row(ep_sums *sums, const int8_t *in, ptrdiff_t stride, const int8_t *w, int32_t quads,
                           const int32_t height)
{
    for (; quads >= 4; quads -= 4, in += 16, w += 4 * 64) {
        int8x16_t x[EP_TILE];
        EP_UNROLL for (int32_t i = 0; i < height; i++)
            x[i] = vld1q_s8(in + i * stride);
        EP_DOT(vdotq_laneq_s32, 0);
        EP_DOT(vdotq_laneq_s32, 1);
        EP_DOT(vdotq_laneq_s32, 2);
        EP_DOT(vdotq_laneq_s32, 3);
    }
    if (EP_QUADS_2 >= height && (quads & 2)) {
        int8x8_t x[EP_TILE];
        EP_UNROLL for (int32_t i = 0; i < height; i++)
            x[i] = vld1_s8(in + i * stride);
        EP_DOT(vdotq_lane_s32, 0);
        EP_DOT(vdotq_lane_s32, 1);
        in += 8;
        w += 2 * 64;
    }
    if (EP_QUADS_1 >= height && (quads & 1)) {
        int8x8_t x[EP_TILE];
        EP_UNROLL for (int32_t i = 0; i < height; i++) {
            int32_t quad;
            memcpy(&quad, in + i * stride, sizeof quad);
            x[i] = vreinterpret_s8_s32(vdup_n_s32(quad));
        }
        EP_DOT(vdotq_lane_s32, 0);
    }
}

#if EP_SKIPS
/* `count` quads of `height` vectors, at `offsets`; where these are null, at four times `steps`. */
EP_INLINE void ep_tile_steps(ep_sums *sums, const int8_t *in, ptrdiff_t stride, const int8_t *w,
                             const int32_t *offsets, const uint16_t *steps, int32_t count, const int32_t height)
{
    for (int32_t step = 0; step < count; step++, w += 64) {
        const int8_t *const first = in + (offsets ? offsets[step] : 4 * steps[step]);
        int8x8_t x[EP_TILE];
        EP_UNROLL for (int32_t i = 0; i < height; i++) {
            int32_t quad;
            memcpy(&quad, first + i * stride, sizeof quad);
            x[i] = vreinterpret_s8_s32(vdup_n_s32(quad));
        }
        EP_DOT(vdotq_lane_s32, 0);
    }
}
#endif

#undef EP_DOT

/* The bias of a block. */
typedef struct {
    int32x4_t of[4];
} ep_start;

EP_INLINE ep_start ep_start_of(const int32_t *bias)
{
    ep_start s;
    EP_UNROLL for (int32_t j = 0; j < 4; j++)
        s.of[j] = vld1q_s32(bias + 4 * j);
    return s;
}

EP_INLINE void ep_sums_begin(ep_sums *sums, const ep_start *start, const int32_t height)
{
    EP_UNROLL for (int32_t j = 0; j < 4; j++) {
        const int32x4_t first = start->of[j];
        EP_UNROLL for (int32_t i = 0; i < height; i++)
            sums->of[i][j] = first;
    }
}

/* The sums of vector `i`. */
EP_INLINE void ep_sums_of(const ep_sums *sums, const int32_t i, int32x4_t *totals)
{
    EP_UNROLL for (int32_t j = 0; j < 4; j++)
        totals[j] = sums->of[i][j];
}

/* `count` vectors in tiles. */
#define EP_TILES(tile, count)                                                                                          \
    do {                                                                                                               \
        for (; (count) >= 6 && (count) != 8; (count) -= 6)                                                             \
            tile(6);                                                                                                   \
        for (; (count) >= 4; (count) -= 4)                                                                             \
            tile(4);                                                                                                   \
        if (EP_TWOS || EP_ODD_TILES)                                                                                  \
            for (; (count) >= 2; (count) -= 2)                                                                         \
                tile(2);                                                                                               \
        if (EP_ODD_TILES && (count))                                                                                   \
            tile(1);                                                                                                   \
    } while (0)

#include "matrix_arm.h"

#endif
