/* Vectors of int16 times a constant matrix of int8: the heart of convolutions and fully connected layers of int16.

   Weights lie as those of matrix.h, [blocks of 16 outputs][rows][quads][16][4], all of them there. Sums are taken in 32
   bits, in any order: that they fit, whatever the input, was proved of the weights, or they are to wrap there, as
   LiteRT's do with a bias of 32 bits. Where they need not fit, those of EP_EXACT_QUADS at a time do, and are added in 64. */
#ifndef EDGEPACK_MATRIX_INT16_H
#define EDGEPACK_MATRIX_INT16_H

#include "requantize_int16.h"
#include "target.h"

/* Whether some matrix takes several vectors. */
#ifndef EP_INT16_TOGETHER
#define EP_INT16_TOGETHER 1
#endif

#define EP_EXACT_QUADS 127 /* 508 products of 2^22 at most. */

typedef struct {
    const int8_t *weights;
    const int32_t *bias;      /* Padded to whole blocks; null where sums are long. */
    const int64_t *long_bias; /* Null where they are not. */
    ep_requantize_int16 scaling;
    int32_t outputs;
    int32_t rows;  /* Runs of input that one vector is made of. */
    int32_t quads; /* Groups of four elements in a run. */
} ep_matrix_int16;

/* The outputs of blocks `first` to before `last`. */
EP_INLINE ep_matrix_int16 ep_matrix_int16_blocks(const ep_matrix_int16 *m, int32_t first, int32_t last)
{
    const int32_t from = first * EP_BLOCK;
    ep_matrix_int16 part = *m;
    part.weights += (ptrdiff_t)from * m->rows * m->quads * 4;
    if (m->bias)
        part.bias += from;
    if (m->long_bias)
        part.long_bias += from;
    part.outputs = ep_min(last * EP_BLOCK, m->outputs) - from;
    part.scaling = ep_requantize_int16_from(&m->scaling, from);
    return part;
}

EP_INLINE int32_t ep_matrix_int16_block_count(const ep_matrix_int16 *m) { return (m->outputs + EP_BLOCK - 1) / EP_BLOCK; }

/* Multiplications of one vector. */
EP_INLINE int64_t ep_matrix_int16_work(const ep_matrix_int16 *m) { return (int64_t)m->outputs * m->rows * m->quads * 4; }

/* Where vectors come from and results go: strides in elements. */
typedef struct {
    const int16_t *in;
    ptrdiff_t vector_stride;
    ptrdiff_t row_stride;
    int16_t *out;
    ptrdiff_t out_stride;
} ep_vectors_int16;

/* What vectors are multiplied by: one block of outputs, or some quads of it. */
typedef struct {
    const int8_t *weights;
    const int32_t *bias;
    int32_t rows, quads;
    int32_t outputs; /* That are there, up to 16. */
} ep_block_int16;

/* Each has ep_int16_tile(b, v, sums, height): the sums of one vector, of EP_INT16_SMALL or of EP_INT16_TILE. */
#if EP_AVX512 || EP_AVX2
#include "matrix_int16_avx2.h"
#elif EP_NEON
#include "matrix_int16_neon.h"
#elif EP_DSP
#include "matrix_int16_dsp.h"
#elif EP_WIDENS && defined(__SSE2__)
#include "matrix_int16_sse2.h"
#else
#include "matrix_int16_portable.h"
#endif

/* `count` vectors times one block of outputs. */
EP_INLINE void ep_int16_block_run(const ep_matrix_int16 *m, const ep_block_int16 *b, int32_t first,
                                  const ep_vectors_int16 *vectors, int32_t count)
{
    int32_t sums[EP_INT16_TILE][EP_BLOCK];
    ep_vectors_int16 v = *vectors;
    for (int32_t taken; count > 0; count -= taken) {
        if (EP_INT16_TOGETHER && EP_INT16_TILE > 1 && count >= EP_INT16_TILE)
            ep_int16_tile(b, &v, sums, taken = EP_INT16_TILE);
        else if (EP_INT16_TOGETHER && EP_INT16_SMALL > 1 && EP_INT16_SMALL < EP_INT16_TILE && count >= EP_INT16_SMALL)
            ep_int16_tile(b, &v, sums, taken = EP_INT16_SMALL);
        else
            ep_int16_tile(b, &v, sums, taken = 1);
        ep_requantize_int16_run(&m->scaling, first, b->outputs, sums, taken, v.out + first, v.out_stride);
        v.in += taken * v.vector_stride;
        v.out += taken * v.out_stride;
    }
}

#if EP_INT16_LONG

/* One vector times one block, some quads at a time. */
static EP_APART void ep_int16_long(const ep_matrix_int16 *m, const ep_block_int16 *block, int32_t first,
                                   const int16_t *in, ptrdiff_t row_stride, int16_t *out)
{
    static const int32_t zeros[EP_BLOCK];
    int32_t sums[EP_INT16_TILE][EP_BLOCK];
    int64_t totals[EP_BLOCK];
    ep_block_int16 b = {block->weights, zeros, 1, 0, block->outputs};
    memcpy(totals, m->long_bias + first, sizeof totals);
    for (int32_t row = 0; row < block->rows; row++)
        for (int32_t quad = 0; quad < block->quads; quad += b.quads) {
            const ep_vectors_int16 v = {in + row * row_stride + 4 * quad, 0, 0, NULL, 0};
            b.quads = ep_min(EP_EXACT_QUADS, block->quads - quad);
            ep_int16_tile(&b, &v, sums, 1);
            b.weights += b.quads * (4 * EP_BLOCK);
            for (int32_t i = 0; i < block->outputs; i++)
                totals[i] += sums[0][i];
        }
    for (int32_t i = 0; i < block->outputs; i++)
        out[first + i] = ep_requantize_int16_long(&m->scaling, first + i, totals[i]);
}

#endif

/* `count` vectors times the matrix. */
static void ep_matrix_int16_run(const ep_matrix_int16 *m, const ep_vectors_int16 *v, int32_t count)
{
    const int joined = v->row_stride == 4 * m->quads; /* The rows are one. */
    const int32_t rows = joined ? 1 : m->rows, quads = joined ? m->rows * m->quads : m->quads;
    ep_block_int16 b = {m->weights, m->bias, rows, quads, 0};
    for (int32_t first = 0; first < m->outputs; first += EP_BLOCK) {
        b.outputs = ep_min(EP_BLOCK, m->outputs - first);
#if EP_INT16_LONG
        if (m->long_bias) {
            for (int32_t i = 0; i < count; i++)
                ep_int16_long(m, &b, first, v->in + i * v->vector_stride, v->row_stride, v->out + i * v->out_stride);
            b.weights += (ptrdiff_t)rows * quads * (4 * EP_BLOCK);
            continue;
        }
#endif
        ep_int16_block_run(m, &b, first, v, count);
        b.weights += (ptrdiff_t)rows * quads * (4 * EP_BLOCK);
        b.bias += EP_BLOCK;
    }
}

#endif
