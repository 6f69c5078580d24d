/* A window that slides over an NHWC image. */
#ifndef EDGEPACK_WINDOW_H
#define EDGEPACK_WINDOW_H

#include "edgepack.h"

typedef struct {
    int32_t batches;
    int32_t input_h, input_w, input_c;
    int32_t kernel_h, kernel_w;
    int32_t stride_h, stride_w;
    int32_t dilation_h, dilation_w;
    int32_t pad_h, pad_w; /* Rows above and columns to the left of the input. */
    int32_t output_h, output_w, output_c;
    int32_t top, bottom; /* Output rows from top to before bottom read no padding. */
    int32_t left, right; /* The same for columns. */
} ep_window;

/* Elements of one image in and out. */
EP_INLINE ptrdiff_t ep_image_in(const ep_window *w) { return (ptrdiff_t)w->input_h * w->input_w * w->input_c; }
EP_INLINE ptrdiff_t ep_image_out(const ep_window *w) { return (ptrdiff_t)w->output_h * w->output_w * w->output_c; }

#endif
