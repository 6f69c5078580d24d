/* CONV_2D: every output pixel is a vector of kernel_h runs times the matrix of weights.

   Where the window lies inside the input, the runs are read where they are. At the border, and for groups and spread
   kernels, up to EP_PATCHES pixels are gathered into small patches first. With AVX2 all are gathered, widened, into
   panels. */
#ifndef EDGEPACK_CONV_2D_H
#define EDGEPACK_CONV_2D_H

#include "matrix.h"
#include "window.h"

#define EP_PATCHES 4

typedef struct {
    ep_window window;
    const ep_matrix *groups;
    int32_t group_count;
    int32_t depth; /* Input channels of a group. */
    int32_t zero_point;
    int32_t direct; /* Whether runs may be read from the input. */
} ep_conv_2d;

/* Each has ep_conv_2d_run(c, in, out, patches). */
#if EP_AVX2
#include "conv_2d_avx2.h"
#else
#include "conv_2d_patches.h"
#endif

#endif
