/* TRANSPOSE_CONV: an output pixel sees the input pixels whose stretched kernels reach it, and zero points elsewhere. */
#ifndef EDGEPACK_TRANSPOSE_CONV_H
#define EDGEPACK_TRANSPOSE_CONV_H

#include "matrix.h"
#include "window.h"

typedef struct {
    ep_window window;
    ep_matrix matrix;
    int32_t zero_point;
} ep_transpose_conv;

/* The input position that tap `tap` brings to output position `at`; -1 where there is none. */
EP_INLINE int32_t ep_transposed(int32_t at, int32_t pad, int32_t tap, int32_t stride, int32_t length)
{
    const int32_t stretched = at + pad - tap;
    return stretched >= 0 && stretched % stride == 0 && stretched / stride < length ? stretched / stride : -1;
}

static void ep_transpose_conv_run(const ep_transpose_conv *t, const int8_t *in, int8_t *out, int8_t *patch)
{
    const ep_window *const w = &t->window;
    const ep_vectors v = {patch, 0, 0, NULL, 0};
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w))
        for (int32_t pixel = 0; pixel < w->output_h * w->output_w; pixel++, out += w->output_c) {
            const int32_t y = pixel / w->output_w, x = pixel % w->output_w;
            int8_t *to = patch;
            for (int32_t i = 0; i < w->kernel_h; i++)
                for (int32_t j = 0; j < w->kernel_w; j++, to += w->input_c) {
                    const int32_t row = ep_transposed(y, w->pad_h, i, w->stride_h, w->input_h);
                    const int32_t column = ep_transposed(x, w->pad_w, j, w->stride_w, w->input_w);
                    if (row < 0 || column < 0)
                        memset(to, t->zero_point, (size_t)w->input_c);
                    else
                        memcpy(to, in + ((ptrdiff_t)row * w->input_w + column) * w->input_c, (size_t)w->input_c);
                }
            ep_vectors one = v;
            one.out = out;
            ep_matrix_run(&t->matrix, &one, 1);
        }
}

#endif
