/* What both matrix products of NEON do around their sums: blocks of 16 outputs, tiles of vectors, edges.

   Of matrix_neon.h and matrix_dotprod.h: EP_TILE, ep_sums, ep_start, ep_tile_row, ep_tile_steps, EP_TILES. */
#ifndef EDGEPACK_MATRIX_ARM_H
#define EDGEPACK_MATRIX_ARM_H

/* What the tiles of one block of outputs share: in memory, so that no register is kept for it in the inner loops. */
typedef struct {
    const int8_t *weights;
    ptrdiff_t vector_stride, row_stride, out_stride;
    int32_t rows, quads; /* One row where they lie side by side. */
    int32_t first, count;
#if EP_SKIPS
    int32_t steps, offsets[EP_MOST_QUADS]; /* Of the quads that are there; -1 where all are. */
#endif
    ep_start start;
    ep_scale16 scale;
} ep_block;

static EP_APART void ep_block_fill(ep_block *b, const ep_matrix *m, const ep_vectors *v, int32_t block)
{
    const int joined = !EP_ROWS || v->row_stride == 4 * m->quads;
    b->weights = ep_block_weights(m, block);
#if EP_SKIPS
    b->steps = ep_block_offsets(m, block, v->row_stride, b->offsets);
#endif
    b->vector_stride = v->vector_stride;
    b->row_stride = v->row_stride;
    b->rows = joined ? 1 : m->rows;
    b->quads = joined ? m->rows * m->quads : m->quads;
    b->first = block * EP_BLOCK;
    b->count = EP_EDGES ? ep_min(EP_BLOCK, m->outputs - b->first) : EP_BLOCK;
    b->out_stride = b->count == EP_BLOCK ? v->out_stride : EP_BLOCK;
    b->start = ep_start_of(m->bias + b->first);
    b->scale = ep_scale16_load(&m->scaling, b->first);
}

/* `height` vectors by one block of outputs; `height` is a constant where this is inlined. */
EP_INLINE void ep_tile(const ep_block *b, const ep_requantize *r, const int8_t *in, int8_t *out, const int32_t height)
{
    ep_sums sums;
#if defined(__GNUC__)
    __asm__("" : "+r"(b)); /* Or loops of other heights keep registers for what they share with this one. */
#endif
    ep_sums_begin(&sums, &b->start, height);
    const int8_t *w = b->weights;
    const int32_t quads = b->quads;
    const ptrdiff_t stride = b->vector_stride, row_stride = b->row_stride, size = (ptrdiff_t)quads * (4 * EP_BLOCK);
#if EP_SKIPS
    if (b->steps >= 0)
        ep_tile_steps(&sums, in, stride, w, b->offsets, NULL, b->steps, height);
    else
#endif
        for (int32_t row = EP_ROWS ? b->rows : 1;; in += row_stride, w += size) {
            ep_tile_row(&sums, in, stride, w, quads, height);
            if (--row == 0)
                break;
        }
    const ep_scale16 scale = b->scale;
    const ptrdiff_t out_stride = b->out_stride;
    EP_UNROLL for (int32_t i = 0; i < height; i++) {
        int32x4_t totals[4];
        ep_sums_of(&sums, i, totals);
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

/* The next `height` vectors times one block. */
EP_INLINE void ep_block_take(const ep_block *b, const ep_requantize *r, ep_vectors *v, const int32_t height)
{
    int8_t spare[EP_TILE * EP_BLOCK]; /* For a block of which not all outputs are there. */
    int8_t *const to = !EP_EDGES || b->count == EP_BLOCK ? v->out : spare;
    ep_tile(b, r, v->in, to, height);
    if (EP_EDGES && to == spare)
        ep_copy_columns(spare, height, b->count, v->out, v->out_stride);
    v->in += height * v->vector_stride;
    v->out += height * v->out_stride;
}

/* `count` vectors times one block, an even number but where EP_ODD_TILES. */
EP_INLINE void ep_block_run(const ep_block *b, const ep_requantize *r, const ep_vectors *vectors, int32_t count)
{
    ep_vectors v = *vectors;
    v.out += b->first;
#define EP_TAKE(height) ep_block_take(b, r, &v, height)
    EP_TILES(EP_TAKE, count);
#undef EP_TAKE
}

/* One vector times the matrix: nothing is shared, so that nothing is put aside. Rows lie side by side where quads are
   left out. */
static EP_APART void ep_vector_run(const ep_matrix *m, const int8_t *in, ptrdiff_t row_stride, int8_t *out)
{
    const int joined = !EP_ROWS || row_stride == 4 * m->quads;
    const int32_t rows = joined ? 1 : m->rows, quads = joined ? m->rows * m->quads : m->quads;
    const int8_t *w = ep_block_weights(m, 0);
    for (int32_t first = 0; first < m->outputs; first += EP_BLOCK) {
        const ep_start start = ep_start_of(m->bias + first);
        ep_sums sums;
        ep_sums_begin(&sums, &start, 1);
        const int8_t *x = in;
#if EP_SKIPS
        if (m->steps) {
            const int32_t *const range = m->starts + first / EP_BLOCK, there = range[1] - range[0];
            ep_tile_steps(&sums, x, 0, w, NULL, m->steps + range[0], there, 1);
            w += (ptrdiff_t)there * (4 * EP_BLOCK);
        } else
#endif
            for (int32_t row = rows;; x += row_stride) {
                ep_tile_row(&sums, x, 0, w, quads, 1);
                w += (ptrdiff_t)quads * (4 * EP_BLOCK);
                if (--row == 0)
                    break;
            }
        const ep_scale16 scale = ep_scale16_load(&m->scaling, first);
        int32x4_t totals[4];
        ep_sums_of(&sums, 0, totals);
        const int8x16_t v = ep_scaled16(&m->scaling, &scale, first, totals);
        int8_t spare[EP_BLOCK];
        const int32_t count = m->outputs - first;
        vst1q_s8(count >= EP_BLOCK ? out + first : spare, v);
        if (count < EP_BLOCK)
            ep_copy_columns(spare, 1, count, out + first, 0);
    }
}

/* `count` vectors times the matrix: an odd one, where it may, by itself. */
static void ep_matrix_run(const ep_matrix *m, const ep_vectors *v, int32_t count)
{
    const int32_t alone = !EP_TOGETHER || !EP_ODD_TILES || ep_is_whole(m) || m->rows == 1 ? count & 1 : 0;
    count -= alone;
    if (EP_TOGETHER && count)
        for (int32_t first = 0; first < m->outputs; first += EP_BLOCK) {
            ep_block b;
            ep_block_fill(&b, m, v, first / EP_BLOCK);
            ep_block_run(&b, &m->scaling, v, count);
        }
    if (alone)
        ep_vector_run(m, v->in + count * v->vector_stride, v->row_stride, v->out + count * v->out_stride);
}

#endif
