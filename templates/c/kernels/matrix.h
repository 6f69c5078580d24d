/* Vectors times a constant matrix: the heart of convolutions and fully connected layers.

   Weights lie as [blocks of 16 outputs][rows][quads][16][4]: the four inputs of a quad for each of 16 outputs in turn,
   so that one vector load holds what one instruction of a dot product takes. Outputs and the last quad of a row are
   padded with zero weights; up to 3 bytes behind a row are read, and count for nothing.

   A weight of zero adds nothing: the input's zero point is in the bias already. So quads whose 64 weights are all zero
   may be left out (EP_SKIPS), and others be stored without their zeros (EP_PACKS). Weights of at most 16 different
   values may be stored as indices of four bits (EP_INDEXES). */
#ifndef EDGEPACK_MATRIX_H
#define EDGEPACK_MATRIX_H

#include "requantize.h"
#include "target.h"

/* Whether some matrix of the model leaves out quads, whether some is packed, whether some is made of indices. */
#ifndef EP_SKIPS
#define EP_SKIPS 0
#endif
#ifndef EP_PACKS
#define EP_PACKS 0
#endif
#ifndef EP_INDEXES
#define EP_INDEXES 0
#endif

/* What matrices of the model have: the most vectors that go together of rows of which two quads, or one, are left after
   whole fours; rows that lie apart; two vectors, or three, that go together; outputs that end within a block where
   vectors go together. Parts of an image may be read in place where the whole is not, and end anywhere. */
#if !defined(EP_QUADS_2) || !defined(EP_QUADS_1) || !defined(EP_ROWS) || !defined(EP_TWOS) || defined(EDGEPACK_THREADS)
#undef EP_QUADS_2
#undef EP_QUADS_1
#undef EP_ROWS
#undef EP_TWOS
#define EP_QUADS_2 INT32_MAX
#define EP_QUADS_1 INT32_MAX
#define EP_ROWS 1
#define EP_TWOS 1
#endif
#ifndef EP_EDGES
#define EP_EDGES 1
#endif

/* Whether one vector is a tile too: a run of quads that are left out may go over several rows. */
#define EP_ODD_TILES EP_SKIPS

/* The most elements of any vector of the model. */
#ifndef EP_DEPTH
#define EP_DEPTH 64
#endif

typedef struct {
    const int8_t *weights;
    const int32_t *bias; /* The input's zero point is folded in. */
    ep_requantize scaling;
    int32_t outputs;
    int32_t rows;  /* Runs of input that one vector is made of. */
    int32_t quads; /* Groups of four elements in a run. */
#if EP_SKIPS
    const uint16_t *steps; /* The quads that each block has, counted through all rows; null where all are there. */
    const int32_t *starts; /* Where those of each block begin, and the end. */
#endif
#if EP_PACKS
    const uint8_t *present; /* A bit a weight: whether it is stored. Null where all are. */
#endif
#if EP_INDEXES
    const uint8_t *indices; /* In `weights`, which are 16 values then: 32 of them in 16 bytes. Null where there are none. */
#endif
#if EP_PACKS || EP_INDEXES
    int32_t at_once; /* Blocks that are unpacked together. */
#endif
} ep_matrix;

/* Where vectors come from and results go: strides in bytes. */
typedef struct {
    const int8_t *in;
    ptrdiff_t vector_stride;
    ptrdiff_t row_stride;
    int8_t *out;
    ptrdiff_t out_stride;
} ep_vectors;

/* Whether every weight is stored, as it is. */
EP_INLINE int ep_is_whole(const ep_matrix *m)
{
#if EP_SKIPS
    if (m->steps)
        return 0;
#endif
#if EP_PACKS
    if (m->present)
        return 0;
#endif
#if EP_INDEXES
    if (m->indices)
        return 0;
#endif
    (void)m;
    return 1;
}

/* The outputs of blocks `first` to before `last`. */
EP_INLINE ep_matrix ep_matrix_blocks(const ep_matrix *m, int32_t first, int32_t last)
{
    const int32_t from = first * EP_BLOCK;
    ep_matrix part = *m;
#if EP_SKIPS
    if (m->steps)
        part.starts += first;
#endif
    if (ep_is_whole(m))
        part.weights += (ptrdiff_t)from * m->rows * m->quads * 4;
    part.bias += from;
    part.outputs = ep_min(last * EP_BLOCK, m->outputs) - from;
    part.scaling = ep_requantize_from(&m->scaling, from);
    return part;
}

EP_INLINE int32_t ep_matrix_block_count(const ep_matrix *m) { return (m->outputs + EP_BLOCK - 1) / EP_BLOCK; }

/* Multiplications of one vector. */
EP_INLINE int64_t ep_matrix_work(const ep_matrix *m)
{
#if EP_SKIPS
    if (m->steps)
        return (int64_t)(m->starts[ep_matrix_block_count(m)] - m->starts[0]) * (4 * EP_BLOCK);
#endif
    return (int64_t)m->outputs * m->rows * m->quads * 4;
}

/* Where a block's weights begin. */
EP_INLINE const int8_t *ep_block_weights(const ep_matrix *m, int32_t block)
{
#if EP_SKIPS
    if (m->steps)
        return m->weights + (ptrdiff_t)m->starts[block] * (4 * EP_BLOCK);
#endif
    return m->weights + (ptrdiff_t)block * m->rows * m->quads * (4 * EP_BLOCK);
}

#if EP_SKIPS
/* Room for where the quads of a block lie in a vector. */
#define EP_MOST_QUADS (EP_DEPTH / 4)

/* Writes the offsets of a block's quads to `room`, where it does not have all; returns how many, or -1. */
EP_INLINE int32_t ep_block_offsets(const ep_matrix *m, int32_t block, ptrdiff_t row_stride, int32_t *room)
{
    const ptrdiff_t skew = row_stride - 4 * m->quads; /* From the end of a row to the next. */
    ptrdiff_t row = 0;
    int32_t end = m->quads, count = 0;
    if (!m->steps)
        return -1;
    for (int32_t i = m->starts[block]; i < m->starts[block + 1]; i++) {
        for (; m->steps[i] >= end; end += m->quads)
            row += skew;
        room[count++] = (int32_t)(row + 4 * m->steps[i]);
    }
    return count;
}
#endif

#if EP_AVX512
#include "matrix_avx512.h"
#elif EP_AVX2
#include "matrix_avx2.h"
#elif EP_DOTPROD
#include "matrix_dotprod.h"
#elif EP_NEON
#include "matrix_neon.h"
#elif EP_DSP
#include "matrix_dsp.h"
#elif EP_WIDENS
#include "matrix_wide.h"
#else
#include "matrix_portable.h"
#endif

#include "unfold.h"

#endif
