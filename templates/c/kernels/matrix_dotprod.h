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
    if (quads & 2) {
        int8x8_t x[EP_TILE];
        EP_UNROLL for (int32_t i = 0; i < height; i++)
            x[i] = vld1_s8(in + i * stride);
        EP_DOT(vdotq_lane_s32, 0);
        EP_DOT(vdotq_lane_s32, 1);
        in += 8;
        w += 2 * 64;
    }
    if (quads & 1) {
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

/* What the tiles of one block of outputs share: in memory, so that no register is kept for it in the inner loops. */
typedef struct {
    const int8_t *weights;
    ptrdiff_t vector_stride, row_stride, out_stride;
    int32_t rows, quads; /* One row where they lie side by side. */
    int32_t first, count;
#if EP_SKIPS
    int32_t steps, offsets[EP_MOST_QUADS]; /* Of the quads that are there; -1 where all are. */
#endif
    int32x4_t start[4]; /* The bias. */
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
    for (int32_t j = 0; j < 4; j++)
        b->start[j] = vld1q_s32(m->bias + b->first + 4 * j);
    b->scale = ep_scale16_load(&m->scaling, b->first);
}

/* `height` vectors by one block of outputs; `height` is a constant where this is inlined. */
EP_INLINE void ep_tile(const ep_block *b, const ep_requantize *r, const int8_t *in, int8_t *out, const int32_t height)
{
    ep_sums sums;
    EP_UNROLL for (int32_t j = 0; j < 4; j++) {
        const int32x4_t start = b->start[j];
        EP_UNROLL for (int32_t i = 0; i < height; i++)
            sums.of[i][j] = start;
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
        vst1q_s8(out + i * out_stride, ep_scaled16(r, &scale, b->first, sums.of[i]));
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
        if (count >= EP_TILE && count != 8)
            ep_tile(b, r, in, to, taken = EP_TILE);
        else if (count >= 4)
            ep_tile(b, r, in, to, taken = 4);
        else if (count >= 2)
            ep_tile(b, r, in, to, taken = 2);
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
            sums.of[0][j] = vld1q_s32(m->bias + first + 4 * j);
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
        const int8x16_t v = ep_scaled16(&m->scaling, &scale, first, sums.of[0]);
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
