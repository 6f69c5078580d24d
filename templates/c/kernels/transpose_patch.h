/* The window of a transposed convolution. */
#ifndef EDGEPACK_TRANSPOSE_PATCH_H
#define EDGEPACK_TRANSPOSE_PATCH_H

#include "window.h"

/* The input position that tap `tap` brings to output position `at`; -1 where there is none. */
EP_INLINE int32_t ep_transposed(int32_t at, int32_t pad, int32_t tap, int32_t stride, int32_t length)
{
    const int32_t stretched = at + pad - tap;
    return stretched >= 0 && stretched % stride == 0 && stretched / stride < length ? stretched / stride : -1;
}

/* What the kernel sees of an image for one output pixel. */
EP_INLINE void ep_transpose_patch(const ep_window *w, int32_t zero_point, const int8_t *in, int32_t pixel, int8_t *to)
{
    const int32_t y = pixel / w->output_w, x = pixel % w->output_w;
    for (int32_t i = 0; i < w->kernel_h; i++)
        for (int32_t j = 0; j < w->kernel_w; j++, to += w->input_c) {
            const int32_t row = ep_transposed(y, w->pad_h, i, w->stride_h, w->input_h);
            const int32_t column = ep_transposed(x, w->pad_w, j, w->stride_w, w->input_w);
            if (row < 0 || column < 0)
                memset(to, zero_point, (size_t)w->input_c);
            else
                memcpy(to, in + ((ptrdiff_t)row * w->input_w + column) * w->input_c, (size_t)w->input_c);
        }
}

#endif
