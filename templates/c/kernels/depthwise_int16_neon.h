/* The depthwise convolution of int16 with NEON: 16 channels of 4 pixels at a time, on ARMv7 of 2. */
#ifndef EDGEPACK_DEPTHWISE_INT16_NEON_H
#define EDGEPACK_DEPTHWISE_INT16_NEON_H

#include <arm_neon.h>

#if defined(__aarch64__)
#define EP_INT16_PIXELS 4
#else
#define EP_INT16_PIXELS 2
#endif

EP_INLINE void ep_depthwise_int16_block(const ep_depthwise_conv_2d_int16 *d, const int16_t *taps[][EP_INT16_PIXELS],
                                        int32_t first, int32_t sums[][EP_BLOCK])
{
    const int8_t *w = d->weights + first;
    int32x4_t of[EP_INT16_PIXELS][4];
    EP_UNROLL for (int32_t j = 0; j < 4; j++) {
        const int32x4_t bias = vld1q_s32(d->bias + first + 4 * j);
        EP_UNROLL for (int32_t i = 0; i < EP_INT16_PIXELS; i++)
            of[i][j] = bias;
    }
    for (int32_t left = d->window.kernel_h * d->window.kernel_w; left > 0; left--, taps++, w += d->channels) {
        const int8x16_t weights = vld1q_s8(w);
        const int16x8_t low = vmovl_s8(vget_low_s8(weights)), high = vmovl_s8(vget_high_s8(weights));
        EP_UNROLL for (int32_t i = 0; i < EP_INT16_PIXELS; i++) {
            const int16_t *const x = (*taps)[i] + first;
            const int16x8_t a = vld1q_s16(x), b = vld1q_s16(x + 8);
            of[i][0] = vmlal_s16(of[i][0], vget_low_s16(low), vget_low_s16(a));
            of[i][1] = vmlal_s16(of[i][1], vget_high_s16(low), vget_high_s16(a));
            of[i][2] = vmlal_s16(of[i][2], vget_low_s16(high), vget_low_s16(b));
            of[i][3] = vmlal_s16(of[i][3], vget_high_s16(high), vget_high_s16(b));
        }
    }
    EP_UNROLL for (int32_t i = 0; i < EP_INT16_PIXELS; i++)
        EP_UNROLL for (int32_t j = 0; j < 4; j++)
            vst1q_s32(sums[i] + 4 * j, of[i][j]);
}

#include "depthwise_int16_groups.h"

#endif
