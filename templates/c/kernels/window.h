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

/* One image's output rows from `first` to before `last`, as a window of their own over the whole input. */
EP_INLINE ep_window ep_window_rows(const ep_window *w, int32_t first, int32_t last)
{
    ep_window part = *w;
    part.batches = 1;
    part.output_h = last - first;
    part.pad_h = w->pad_h - first * w->stride_h;
    part.top = ep_clamp(w->top - first, 0, part.output_h);
    part.bottom = ep_clamp(w->bottom - first, part.top, part.output_h);
    return part;
}

/* Of lines `first` to before `last`, which are the rows of all images one after the other, those of the first image: the
   one of number first / output_h. */
EP_INLINE ep_window ep_window_lines(const ep_window *w, int32_t first, int32_t last)
{
    const int32_t before = first / w->output_h * w->output_h;
    return ep_window_rows(w, first - before, ep_min(last - before, w->output_h));
}

/* One image's columns from `first` to before `last`, where the output is one row. */
EP_INLINE ep_window ep_window_columns(const ep_window *w, int32_t first, int32_t last)
{
    ep_window part = *w;
    part.output_w = last - first;
    part.pad_w = w->pad_w - first * w->stride_w;
    part.left = ep_clamp(w->left - first, 0, part.output_w);
    part.right = ep_clamp(w->right - first, part.left, part.output_w);
    return part;
}

#endif
