/* Vectors times a constant matrix: the heart of convolutions and fully connected layers.

   Weights lie as [blocks of 16 outputs][rows][quads][16][4]: the four inputs of a quad for each of 16 outputs in turn,
   so that one vector load holds what one instruction of a dot product takes. Outputs and the last quad of a row are
   padded with zero weights; up to 3 bytes behind a row are read, and count for nothing. */
#ifndef EDGEPACK_MATRIX_H
#define EDGEPACK_MATRIX_H

#include "requantize.h"
#include "target.h"

#define EP_BLOCK 16

typedef struct {
    const int8_t *weights;
    const int32_t *bias; /* The input's zero point is folded in. */
    ep_requantize scaling;
    int32_t outputs;
    int32_t rows;  /* Runs of input that one vector is made of. */
    int32_t quads; /* Groups of four elements in a run. */
} ep_matrix;

/* Where vectors come from and results go: strides in bytes. */
typedef struct {
    const int8_t *in;
    ptrdiff_t vector_stride;
    ptrdiff_t row_stride;
    int8_t *out;
    ptrdiff_t out_stride;
} ep_vectors;

/* The outputs of blocks `first` to before `last`. */
EP_INLINE ep_matrix ep_matrix_blocks(const ep_matrix *m, int32_t first, int32_t last)
{
    const int32_t from = first * EP_BLOCK;
    ep_matrix part = *m;
    part.weights += (ptrdiff_t)from * m->rows * m->quads * 4;
    part.bias += from;
    part.outputs = ep_min(last * EP_BLOCK, m->outputs) - from;
    if (m->scaling.rule == ep_rule_float32) {
        part.scaling.scale += from;
    } else {
        part.scaling.multiplier += from;
        part.scaling.shift += from;
    }
    return part;
}

EP_INLINE int32_t ep_matrix_block_count(const ep_matrix *m) { return (m->outputs + EP_BLOCK - 1) / EP_BLOCK; }

/* Multiplications of one vector. */
EP_INLINE int64_t ep_matrix_work(const ep_matrix *m) { return (int64_t)m->outputs * m->rows * m->quads * 4; }

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

#endif
