/* The depthwise convolution of int16 with AVX2: 16 channels of 4 pixels at a time.

   Two taps are interleaved, so that vpmaddwd multiplies and adds both for each of 8 channels: within 128-bit lanes, so
   that one register has channels 0 to 3 and 8 to 11, the other the rest. */
#ifndef EDGEPACK_DEPTHWISE_INT16_AVX2_H
#define EDGEPACK_DEPTHWISE_INT16_AVX2_H

#include "fixed_point_avx2.h"

#define EP_INT16_PIXELS 4

EP_INLINE void ep_depthwise_int16_block(const ep_depthwise_conv_2d_int16 *d, const int16_t *taps[][EP_INT16_PIXELS],
                                        int32_t first, int32_t sums[][EP_BLOCK])
{
    const int8_t *w = d->weights + first;
    __m256i of[EP_INT16_PIXELS][2];
    EP_UNROLL for (int32_t i = 0; i < EP_INT16_PIXELS; i++)
        of[i][0] = of[i][1] = _mm256_setzero_si256();
    for (int32_t left = d->window.kernel_h * d->window.kernel_w; left > 0; left -= 2, taps += 2, w += 2 * d->channels) {
        /* Behind the last of an odd number of taps comes itself, with weights of zero. */
        const int16_t **const x = taps[0], **const y = taps[left > 1];
        const __m256i one = _mm256_cvtepi8_epi16(ep_load16(w));
        const __m256i other = left > 1 ? _mm256_cvtepi8_epi16(ep_load16(w + d->channels)) : _mm256_setzero_si256();
        const __m256i low = _mm256_unpacklo_epi16(one, other), high = _mm256_unpackhi_epi16(one, other);
        EP_UNROLL for (int32_t i = 0; i < EP_INT16_PIXELS; i++) {
            const __m256i a = ep_load32(x[i] + first), b = ep_load32(y[i] + first);
            of[i][0] = _mm256_add_epi32(of[i][0], _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), low));
            of[i][1] = _mm256_add_epi32(of[i][1], _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), high));
        }
    }
    EP_UNROLL for (int32_t i = 0; i < EP_INT16_PIXELS; i++)
        EP_UNROLL for (int32_t j = 0; j < 2; j++) {
            const __m256i v = j ? _mm256_permute2x128_si256(of[i][0], of[i][1], 0x31)
                                : _mm256_permute2x128_si256(of[i][0], of[i][1], 0x20);
            _mm256_storeu_si256((__m256i *)(void *)(sums[i] + 8 * j),
                                _mm256_add_epi32(v, ep_load32(d->bias + first + 8 * j)));
        }
}

#include "depthwise_int16_groups.h"

#endif
