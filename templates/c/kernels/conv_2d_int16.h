/* CONV_2D of int16 with int8 weights: every output pixel is a vector of kernel_h runs times the matrix of weights.

   Where the window lies inside the input, the runs are read where they are. At the border, and for groups and spread
   kernels, some pixels are gathered into patches first. */
#ifndef EDGEPACK_CONV_2D_INT16_H
#define EDGEPACK_CONV_2D_INT16_H

#include "matrix_int16.h"
#include "threads.h"
#include "window.h"

/* Whether some layer's windows reach outside, or are spread. */
#ifndef EP_INT16_PATCHED
#define EP_INT16_PATCHED 1
#endif

/* Pixels that scratch has patches for, and how many of them go together. */
#ifndef EP_INT16_PATCHES
#define EP_INT16_PATCHES 1
#endif
#ifndef EP_INT16_DEPTH
#define EP_INT16_DEPTH 64 /* Elements of the longest of them. */
#endif
#define EP_INT16_GATHERED (EP_INT16_TILE < EP_INT16_PATCHES ? EP_INT16_TILE : EP_INT16_PATCHES)

typedef struct {
    ep_window window;
    const ep_matrix_int16 *groups;
    int32_t group_count;
    int32_t depth;  /* Input channels of a group. */
    int32_t direct; /* Whether runs may be read from the input. */
} ep_conv_2d_int16;

#if EP_INT16_PATCHED
#include "conv_2d_int16_patches.h"
#endif

/* The pixels whose windows lie inside the input, row by row. */
static void ep_conv_2d_int16_direct(const ep_conv_2d_int16 *c, const int16_t *in, int16_t *out)
{
    const ep_window *const w = &c->window;
    const ptrdiff_t line = (ptrdiff_t)w->input_w * w->input_c;
    for (int32_t y = w->top; y < w->bottom; y++) {
        const ptrdiff_t row = y * w->stride_h - w->pad_h, column = w->left * w->stride_w - w->pad_w;
        const ep_vectors_int16 v = {in + row * line + column * w->input_c, (ptrdiff_t)w->stride_w * w->input_c,
                                    w->dilation_h * line, out + ((ptrdiff_t)y * w->output_w + w->left) * w->output_c,
                                    w->output_c};
        ep_matrix_int16_run(c->groups, &v, w->right - w->left);
    }
}

/* `patches` holds EP_INT16_PATCHES, where some windows reach outside or are spread. */
EP_INLINE void ep_conv_2d_int16_whole(const ep_conv_2d_int16 *c, const int16_t *in, int16_t *out, int16_t *patches)
{
    const ep_window *const w = &c->window;
    (void)patches;
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w), out += ep_image_out(w)) {
#if EP_INT16_PATCHED
        if (!c->direct || w->left >= w->right || w->top >= w->bottom) {
            ep_conv_2d_int16_gathered(c, in, out, 0, w->output_h, 0, w->output_w, patches);
            continue;
        }
        ep_conv_2d_int16_gathered(c, in, out, 0, w->top, 0, w->output_w, patches);
        ep_conv_2d_int16_gathered(c, in, out, w->bottom, w->output_h, 0, w->output_w, patches);
        ep_conv_2d_int16_gathered(c, in, out, w->top, w->bottom, 0, w->left, patches);
        ep_conv_2d_int16_gathered(c, in, out, w->top, w->bottom, w->right, w->output_w, patches);
#endif
        ep_conv_2d_int16_direct(c, in, out);
    }
}

typedef struct {
    const ep_conv_2d_int16 *layer;
    const int16_t *in;
    int16_t *out;
} ep_conv_2d_int16_job;

/* With patches of its own. */
static void ep_conv_2d_int16_part(const ep_conv_2d_int16 *c, const int16_t *in, int16_t *out)
{
    int16_t patches[EP_INT16_PATCHED ? EP_INT16_PATCHES * EP_INT16_DEPTH : 1];
    ep_conv_2d_int16_whole(c, in, out, patches);
}

/* Rows of output, of all images one after the other; columns where the output is one row. */
static void ep_conv_2d_int16_lines(void *argument, int32_t first, int32_t last)
{
    const ep_conv_2d_int16_job *const job = argument;
    const ep_window *const w = &job->layer->window;
    ep_conv_2d_int16 part = *job->layer;
    if (w->batches * w->output_h == 1) {
        part.window = ep_window_columns(w, first, last);
        ep_conv_2d_int16_part(&part, job->in, job->out + (ptrdiff_t)first * w->output_c);
        return;
    }
    for (; first < last; first += part.window.output_h) {
        part.window = ep_window_lines(w, first, last);
        ep_conv_2d_int16_part(&part, job->in + first / w->output_h * ep_image_in(w),
                              job->out + (ptrdiff_t)first * w->output_w * w->output_c);
    }
}

/* Blocks of outputs, of all pixels. */
static void ep_conv_2d_int16_blocks(void *argument, int32_t first, int32_t last)
{
    const ep_conv_2d_int16_job *const job = argument;
    const ep_matrix_int16 matrix = ep_matrix_int16_blocks(job->layer->groups, first, last);
    ep_conv_2d_int16 part = *job->layer;
    part.groups = &matrix;
    ep_conv_2d_int16_part(&part, job->in, job->out + first * EP_BLOCK);
}

static void ep_conv_2d_int16_run(const ep_conv_2d_int16 *c, const int16_t *in, int16_t *out,
                                 int16_t *patches EP_THREADS_PARAMETER)
{
    const ep_window *const w = &c->window;
    const int32_t rows = w->batches * w->output_h, pixels = rows * w->output_w;
    const int64_t work = pixels * c->group_count * ep_matrix_int16_work(c->groups);
    ep_conv_2d_int16_job job = {c, in, out};
    if (!EP_SHARES)
        ep_conv_2d_int16_whole(c, in, out, patches);
    else if (c->group_count == 1 && c->groups->outputs > pixels) /* The larger operand is divided. */
        ep_share(ep_conv_2d_int16_blocks, &job, ep_matrix_int16_block_count(c->groups), work EP_THREADS);
    else
        ep_share(ep_conv_2d_int16_lines, &job, rows > 1 ? rows : pixels, work EP_THREADS);
}

#endif
