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
    if (quads & 2) {
        EP_UNROLL for (int32_t i = 0; i < height; i++)
            low[i] = vld1_s8(in + i * stride);
        ep_eight_bytes(sums, w, low, height);
        in += 8;
        w += 2 * 64;
    }
    if (quads & 1)
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

/* What the tiles of one block of outputs share: in memory, so that no register is kept for it in the inner loops. */
typedef struct {
    const int8_t *weights;
    ptrdiff_t vector_stride, row_stride, out_stride;
    int32_t rows, quads; /* One row where they lie side by side. */
    int32_t first, count;
#if EP_SKIPS
    int32_t steps, offsets[EP_MOST_QUADS]; /* Of the quads that are there; -1 where all are. */
#endif
    int32x4_t low[4], high[4]; /* The bias in the first of two sums. */
    ep_scale16 scale;
} ep_block;

static EP_APART void ep_block_fill(ep_block *b, const ep_matrix *m, const ep_vectors *v, int32_t block)
{
    const int joined = v->row_stride == 4 * m->quads;
    b->weights = ep_block_weights(m, block);
#if EP_SKIPS
    b->steps = ep_block_offsets(m, block, v->row_stride, b->offsets);
#endif
    b->vector_stride = v->vector_stride;
    b->row_stride = v->row_stride;
    b->rows = joined ? 1 : m->rows;
    b->quads = joined ? m->rows * m->quads : m->quads;
    b->first = block * EP_BLOCK;
    b->count = ep_min(EP_BLOCK, m->outputs - b->first);
    b->out_stride = b->count == EP_BLOCK ? v->out_stride : EP_BLOCK;
    for (int32_t j = 0; j < 4; j++) {
        const int32x4x2_t bias = vzipq_s32(vld1q_s32(m->bias + b->first + 4 * j), vdupq_n_s32(0));
        b->low[j] = bias.val[0];
        b->high[j] = bias.val[1];
    }
    b->scale = ep_scale16_load(&m->scaling, b->first);
}

/* `height` vectors by one block of outputs; `height` is a constant where this is inlined. */
EP_INLINE void ep_tile(const ep_block *b, const ep_requantize *r, const int8_t *in, int8_t *out, const int32_t height)
{
    ep_sums sums;
    EP_UNROLL for (int32_t j = 0; j < 4; j++) {
        const int32x4_t low = b->low[j], high = b->high[j];
        EP_UNROLL for (int32_t i = 0; i < height; i++)
            sums.low[i][j] = low, sums.high[i][j] = high;
    }
    const int8_t *w = b->weights;
    const int32_t quads = b->quads;
    const ptrdiff_t stride = b->vector_stride, row_stride = b->row_stride, size = (ptrdiff_t)quads * (4 * EP_BLOCK);
#if EP_SKIPS
    if (b->steps >= 0)
        ep_tile_steps(&sums, in, stride, w, b->offsets, NULL, b->steps, height);
    else
#endif
        for (int32_t row = b->rows; row > 0; row--, in += row_stride, w += size)
            ep_tile_row(&sums, in, stride, w, quads, height);
    const ep_scale16 scale = b->scale;
    const ptrdiff_t out_stride = b->out_stride;
    EP_UNROLL for (int32_t i = 0; i < height; i++) {
        int32x4_t totals[4];
        EP_UNROLL for (int32_t j = 0; j < 4; j++)
            totals[j] = ep_joined(sums.low[i][j], sums.high[i][j]);
        vst1q_s8(out + i * out_stride, ep_scaled16(r, &scale, b->first, totals));
    }
}

/* The columns that are there of `height` vectors of a block: `count` of 16. */
static EP_APART void ep_copy_columns(const int8_t *block, int32_t height, int32_t count, int8_t *out, ptrdiff_t stride)
{
    for (; height > 0; height--, block += EP_BLOCK, out += stride) {
        const int8_t *from = block;
        int8_t *to = out;
        if (count & 8) {
            vst1_s8(to, vld1_s8(from));
            from += 8, to += 8;
        }
        EP_ROLLED for (int32_t i = 0; i < (count & 7); i++)
            to[i] = from[i];
    }
}

/* `count` vectors times one block. */
EP_INLINE void ep_block_run(const ep_block *b, const ep_requantize *r, const ep_vectors *v, int32_t count)
{
    const int8_t *in = v->in;
    int8_t *out = v->out + b->first;
    int8_t spare[EP_TILE * EP_BLOCK]; /* For a block of which not all outputs are there. */
    for (int32_t taken; count > 0; count -= taken) {
        int8_t *const to = b->count == EP_BLOCK ? out : spare;
        if (count >= EP_TILE)
            ep_tile(b, r, in, to, taken = EP_TILE);
        else
            ep_tile(b, r, in, to, taken = 1);
        if (to == spare)
            ep_copy_columns(spare, taken, b->count, out, v->out_stride);
        in += taken * v->vector_stride;
        out += taken * v->out_stride;
    }
}

/* One vector times the matrix: nothing is shared, so that nothing is put aside. Rows lie side by side where quads are
   left out. */
static EP_APART void ep_vector_run(const ep_matrix *m, const int8_t *in, ptrdiff_t row_stride, int8_t *out)
{
    const int joined = row_stride == 4 * m->quads;
    const int32_t rows = joined ? 1 : m->rows, quads = joined ? m->rows * m->quads : m->quads;
    const int8_t *w = ep_block_weights(m, 0);
    for (int32_t first = 0; first < m->outputs; first += EP_BLOCK) {
        ep_sums sums;
        EP_UNROLL for (int32_t j = 0; j < 4; j++)
            sums.low[0][j] = sums.high[0][j] = vdupq_n_s32(0);
        const int8_t *x = in;
#if EP_SKIPS
        if (m->steps) {
            const int32_t *const start = m->starts + first / EP_BLOCK, there = start[1] - start[0];
            ep_tile_steps(&sums, x, 0, w, NULL, m->steps + start[0], there, 1);
            w += (ptrdiff_t)there * (4 * EP_BLOCK);
        } else
#endif
            for (int32_t row = rows; row > 0; row--, x += row_stride, w += (ptrdiff_t)quads * (4 * EP_BLOCK))
                ep_tile_row(&sums, x, 0, w, quads, 1);
        const ep_scale16 scale = ep_scale16_load(&m->scaling, first);
        int32x4_t totals[4];
        EP_UNROLL for (int32_t j = 0; j < 4; j++)
            totals[j] = vaddq_s32(ep_joined(sums.low[0][j], sums.high[0][j]), vld1q_s32(m->bias + first + 4 * j));
        const int8x16_t v = ep_scaled16(&m->scaling, &scale, first, totals);
        int8_t spare[EP_BLOCK];
        const int32_t count = m->outputs - first;
        vst1q_s8(count >= EP_BLOCK ? out + first : spare, v);
        if (count < EP_BLOCK)
            ep_copy_columns(spare, 1, count, out + first, 0);
    }
}

/* `count` vectors times the matrix. */
static void ep_matrix_run(const ep_matrix *m, const ep_vectors *v, int32_t count)
{
    const int32_t blocks = (m->outputs + EP_BLOCK - 1) / EP_BLOCK;
    if (!EP_TOGETHER || (count == 1 && (ep_is_whole(m) || m->rows == 1))) {
        ep_vector_run(m, v->in, v->row_stride, v->out);
        return;
    }
    for (int32_t block = 0; block < blocks; block++) {
        ep_block b;
        ep_block_fill(&b, m, v, block);
        ep_block_run(&b, &m->scaling, v, count);
    }
}

#endif
