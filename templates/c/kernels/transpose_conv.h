/* TRANSPOSE_CONV: an output pixel sees the input pixels whose stretched kernels reach it, and zero points elsewhere. */
#ifndef EDGEPACK_TRANSPOSE_CONV_H
#define EDGEPACK_TRANSPOSE_CONV_H

#include "matrix.h"
#include "transpose_patch.h"

typedef struct {
    ep_window window;
    ep_matrix matrix;
    int32_t zero_point;
} ep_transpose_conv;

static void ep_transpose_conv_run(const ep_transpose_conv *t, const int8_t *in, int8_t *out, int8_t *patch)
{
    const ep_window *const w = &t->window;
    const ep_vectors v = {patch, 0, 0, NULL, 0};
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w))
        for (int32_t pixel = 0; pixel < w->output_h * w->output_w; pixel++, out += w->output_c) {
            ep_transpose_patch(w, t->zero_point, in, pixel, patch);
            ep_vectors one = v;
            one.out = out;
            ep_matrix_run(&t->matrix, &one, 1);
        }
}

#endif
