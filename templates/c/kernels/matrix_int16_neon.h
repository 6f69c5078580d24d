/* The matrix product of int16 with NEON: up to 4 vectors by 16 outputs in registers. */
#ifndef EDGEPACK_MATRIX_INT16_NEON_H
#define EDGEPACK_MATRIX_INT16_NEON_H

#include <arm_neon.h>

#if defined(__aarch64__)
#define EP_INT16_TILE 4
#define EP_INT16_SMALL 2
#else
#define EP_INT16_TILE 2 /* Half as many registers. */
#define EP_INT16_SMALL 2
#endif

/* One input, lane `lane` of each vector's quad, times 16 outputs. */
#define EP_INT16_INPUT(lane)                                                                                           \
    do {                                                                                                               \
        const int16x8_t low = vmovl_s8(vget_low_s8(w.val[lane])), high = vmovl_s8(vget_high_s8(w.val[lane]));          \
        EP_UNROLL for (int32_t i = 0; i < height; i++) {                                                               \
            of[i][0] = vmlal_lane_s16(of[i][0], vget_low_s16(low), x[i], lane);                                        \
            of[i][1] = EP_INT16_UPPER(of[i][1], low, x[i], lane);                                                       \
            of[i][2] = vmlal_lane_s16(of[i][2], vget_low_s16(high), x[i], lane);                                       \
            of[i][3] = EP_INT16_UPPER(of[i][3], high, x[i], lane);                                                      \
        }                                                                                                              \
    } while (0)

#if defined(__aarch64__)
#define EP_INT16_UPPER(sums, w, x, lane) vmlal_high_lane_s16(sums, w, x, lane)
#else
#define EP_INT16_UPPER(sums, w, x, lane) vmlal_lane_s16(sums, vget_high_s16(w), x, lane)
#endif

EP_INLINE void ep_int16_tile(const ep_block_int16 *b, const ep_vectors_int16 *v, int32_t sums[][EP_BLOCK],
                             const int32_t height)
{
    int32x4_t of[EP_INT16_TILE][4];
    const ptrdiff_t stride = v->vector_stride;
    const int8_t *weights = b->weights;
    const int16_t *row = v->in;
    EP_UNROLL for (int32_t j = 0; j < 4; j++) {
        const int32x4_t bias = vld1q_s32(b->bias + 4 * j);
        EP_UNROLL for (int32_t i = 0; i < height; i++)
            of[i][j] = bias;
    }
    for (int32_t left = b->rows; left > 0; left--, row += v->row_stride) {
        const int16_t *in = row;
        for (int32_t quads = b->quads; quads > 0; quads--, in += 4, weights += 4 * EP_BLOCK) {
            const int8x16x4_t w = vld4q_s8(weights); /* One input of 16 outputs in each. */
            int16x4_t x[EP_INT16_TILE];
            EP_UNROLL for (int32_t i = 0; i < height; i++)
                x[i] = vld1_s16(in + i * stride);
            EP_INT16_INPUT(0);
            EP_INT16_INPUT(1);
            EP_INT16_INPUT(2);
            EP_INT16_INPUT(3);
        }
    }
    EP_UNROLL for (int32_t i = 0; i < height; i++)
        EP_UNROLL for (int32_t j = 0; j < 4; j++)
            vst1q_s32(sums[i] + 4 * j, of[i][j]);
}

#undef EP_INT16_INPUT
#undef EP_INT16_UPPER

#endif
