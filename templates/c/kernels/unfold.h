/* Blocks of a matrix as every kernel takes them, made of how they are stored: without their zeros, as indices, or
   without the quads that a kernel set can't skip. */
#ifndef EDGEPACK_UNFOLD_H
#define EDGEPACK_UNFOLD_H

/* Whether the kernel set has loops over the quads that are there. */
#ifndef EP_SKIPPING
#define EP_SKIPPING 0
#endif
#define EP_FILLS (EP_SKIPS && !EP_SKIPPING)
#define EP_UNFOLDS (EP_PACKS || EP_INDEXES || EP_FILLS)
#define EP_UNFOLDED (EP_FILLS ? EP_DEPTH * EP_BLOCK : 1) /* Bytes of room on the stack. */

#if EP_PACKS

#if defined(__BMI2__) && defined(__x86_64__)
#include <immintrin.h>
#endif

/* The lowest bit that is set. */
EP_INLINE int32_t ep_lowest(uint32_t bits)
{
#if defined(__GNUC__)
    return __builtin_ctz(bits);
#else
    int32_t at = 0;
    for (; !(bits & 1u); bits >>= 1)
        at++;
    return at;
#endif
}

/* `quads` quads of 64 weights; return where the next values are. Up to 7 bytes behind the values are read. */
static const int8_t *ep_unpack(const uint8_t *present, const int8_t *values, int32_t quads, int8_t *to)
{
#if defined(__BMI2__) && defined(__x86_64__)
    for (const uint8_t *const end = present + (ptrdiff_t)quads * 8; present < end; present++, to += 8) {
        const uint64_t mask = _pdep_u64(*present, UINT64_C(0x0101010101010101)) * 255u;
        uint64_t eight;
        memcpy(&eight, values, sizeof eight);
        eight = _pdep_u64(eight, mask);
        memcpy(to, &eight, sizeof eight);
        values += __builtin_popcount(*present);
    }
#else
    for (const uint8_t *const end = present + (ptrdiff_t)quads * 8; present < end; present += 4, to += 32) {
        uint32_t bits = present[0] | (uint32_t)present[1] << 8 | (uint32_t)present[2] << 16 | (uint32_t)present[3] << 24;
        memset(to, 0, 32); /* Of a size that compilers know: no call. */
        for (; bits; bits &= bits - 1u)
            to[ep_lowest(bits)] = *values++;
    }
#endif
    return values;
}

#endif

#if EP_INDEXES

#if defined(__SSSE3__)
#include <immintrin.h>
#endif

/* `quads` quads of 64 weights. Of the indices that 16 bytes hold, the lower four bits come first. */
static void ep_unindex(const uint8_t *indices, const int8_t *values, int32_t quads, int8_t *to)
{
    const uint8_t *const end = indices + (ptrdiff_t)quads * 32;
#if EP_NEON && defined(__aarch64__)
    const int8x16_t table = vld1q_s8(values);
    for (; indices < end; indices += 16, to += 32) {
        const uint8x16_t both = vld1q_u8(indices);
        vst1q_s8(to, vqtbl1q_s8(table, vandq_u8(both, vdupq_n_u8(15))));
        vst1q_s8(to + 16, vqtbl1q_s8(table, vshrq_n_u8(both, 4)));
    }
#elif EP_NEON
    const int8x8x2_t table = {{vld1_s8(values), vld1_s8(values + 8)}};
    for (; indices < end; indices += 16, to += 32)
        for (int32_t half = 0; half < 16; half += 8) {
            const uint8x8_t both = vld1_u8(indices + half);
            vst1_s8(to + half, vtbl2_s8(table, vreinterpret_s8_u8(vand_u8(both, vdup_n_u8(15)))));
            vst1_s8(to + half + 16, vtbl2_s8(table, vreinterpret_s8_u8(vshr_n_u8(both, 4))));
        }
#elif defined(__SSSE3__) && EP_VECTORS
    const __m128i table = _mm_loadu_si128((const __m128i *)(const void *)values), low = _mm_set1_epi8(15);
    for (; indices < end; indices += 16, to += 32) {
        const __m128i both = _mm_loadu_si128((const __m128i *)(const void *)indices);
        const __m128i high = _mm_and_si128(_mm_srli_epi16(both, 4), low);
        _mm_storeu_si128((__m128i *)(void *)to, _mm_shuffle_epi8(table, _mm_and_si128(both, low)));
        _mm_storeu_si128((__m128i *)(void *)(to + 16), _mm_shuffle_epi8(table, high));
    }
#else
    for (; indices < end; indices += 16, to += 32)
        for (int32_t i = 0; i < 16; i++) {
            to[i] = values[indices[i] & 15];
            to[16 + i] = values[indices[i] >> 4];
        }
#endif
}

#endif

#if EP_UNFOLDS

/* Whether a matrix is stored otherwise than the kernels take it. */
EP_INLINE int ep_is_folded(const ep_matrix *m)
{
#if EP_PACKS
    if (m->present)
        return 1;
#endif
#if EP_INDEXES
    if (m->indices)
        return 1;
#endif
    return EP_FILLS && !ep_is_whole(m);
}

/* Blocks of weights on their way to a kernel: where they go, how many at a time, and where the next packed ones lie. */
typedef struct {
    int8_t *to;
    const int8_t *values;
    int32_t at_once;
} ep_unfolding;

/* Packed blocks and those of indices go to the layer's scratch, others to `room`, which holds one. */
EP_INLINE ep_unfolding ep_unfold(const ep_matrix *m, int8_t *scratch, int8_t *room)
{
    ep_unfolding u = {room, m->weights, 1};
#if EP_PACKS
    if (m->present)
        u.to = scratch, u.at_once = m->at_once;
#endif
#if EP_INDEXES
    if (m->indices)
        u.to = scratch, u.at_once = m->at_once;
#endif
    (void)scratch;
    return u;
}

/* The next blocks, from `first` on, which begins at 0 and goes up by `at_once`. */
static ep_matrix ep_unfolded(ep_unfolding *u, const ep_matrix *m, int32_t first)
{
    const int32_t quads = m->rows * m->quads, last = ep_min(first + u->at_once, ep_matrix_block_count(m));
    ep_matrix part = ep_matrix_blocks(m, first, last);
    part.weights = u->to;
#if EP_PACKS
    if (m->present) {
        u->values = ep_unpack(m->present + (ptrdiff_t)first * quads * 8, u->values, (last - first) * quads, u->to);
        part.present = NULL;
    }
#endif
#if EP_INDEXES
    if (m->indices) {
        ep_unindex(m->indices + (ptrdiff_t)first * quads * 32, m->weights, (last - first) * quads, u->to);
        part.indices = NULL;
    }
#endif
#if EP_FILLS
    if (m->steps) {
        const int8_t *from = ep_block_weights(m, first);
        memset(u->to, 0, (size_t)quads * (4 * EP_BLOCK));
        for (int32_t i = m->starts[first]; i < m->starts[last]; i++, from += 4 * EP_BLOCK)
            memcpy(u->to + (ptrdiff_t)m->steps[i] * (4 * EP_BLOCK), from, 4 * EP_BLOCK);
        part.steps = NULL;
    }
#endif
    return part;
}

#endif

#endif
