/* CONV_2D: every output pixel is a vector of kernel_h runs times the matrix of weights.

   Where the window lies inside the input, the runs are read where they are. At the border, and for groups and spread
   kernels, up to EP_PATCHES pixels are gathered into a small patch first. */
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

EP_INLINE void ep_patch_fill(const ep_conv_2d *c, const int8_t *in, int32_t y, int32_t x, int32_t run, int8_t *patch)
{
    const ep_window *const w = &c->window;
    for (int32_t i = 0; i < w->kernel_h; i++, patch += run) {
        const int32_t row = y * w->stride_h - w->pad_h + i * w->dilation_h;
        for (int32_t j = 0; j < w->kernel_w; j++) {
            const int32_t column = x * w->stride_w - w->pad_w + j * w->dilation_w;
            int8_t *const to = patch + j * c->depth;
            if (row < 0 || row >= w->input_h || column < 0 || column >= w->input_w)
                memset(to, c->zero_point, (size_t)c->depth);
            else
                memcpy(to, in + ((ptrdiff_t)row * w->input_w + column) * w->input_c, (size_t)c->depth);
        }
    }
}

/* Output pixels [from, to) of row y, gathered. */
static void ep_conv_2d_gathered(const ep_conv_2d *c, int32_t group, const int8_t *in, int8_t *out, int32_t y,
                                int32_t from, int32_t to, int8_t *patches)
{
    const ep_window *const w = &c->window;
    const ep_matrix *const m = &c->groups[group];
    const int32_t run = 4 * m->quads, size = run * m->rows;
    for (int32_t x = from; x < to; x += EP_PATCHES) {
        const int32_t count = ep_min(EP_PATCHES, to - x);
        for (int32_t i = 0; i < count; i++)
            ep_patch_fill(c, in + group * c->depth, y, x + i, run, patches + i * size);
        const ep_vectors v = {patches, size, run, out + (ptrdiff_t)x * w->output_c + group * m->outputs, w->output_c};
        ep_matrix_run(m, &v, count);
    }
}

static void ep_conv_2d_row(const ep_conv_2d *c, const int8_t *in, int8_t *out, int32_t y, int8_t *patches)
{
    const ep_window *const w = &c->window;
    if (!c->direct || y < w->top || y >= w->bottom) {
        for (int32_t group = 0; group < c->group_count; group++)
            ep_conv_2d_gathered(c, group, in, out, y, 0, w->output_w, patches);
        return;
    }
    ep_conv_2d_gathered(c, 0, in, out, y, 0, w->left, patches);
    const ptrdiff_t first = (ptrdiff_t)(y * w->stride_h - w->pad_h) * w->input_w + w->left * w->stride_w - w->pad_w;
    const ep_vectors v = {in + first * w->input_c, (ptrdiff_t)w->stride_w * w->input_c,
                          (ptrdiff_t)w->dilation_h * w->input_w * w->input_c,
                          out + (ptrdiff_t)w->left * w->output_c, w->output_c};
    ep_matrix_run(c->groups, &v, w->right - w->left);
    ep_conv_2d_gathered(c, 0, in, out, y, w->right, w->output_w, patches);
}

static void ep_conv_2d_run(const ep_conv_2d *c, const int8_t *in, int8_t *out, int8_t *patches)
{
    const ep_window *const w = &c->window;
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w))
        for (int32_t y = 0; y < w->output_h; y++, out += (ptrdiff_t)w->output_w * w->output_c)
            ep_conv_2d_row(c, in, out, y, patches);
}

#endif
