/* CONV_2D by windows where they lie in the input, and small patches elsewhere. */
#ifndef EDGEPACK_CONV_2D_PATCHES_H
#define EDGEPACK_CONV_2D_PATCHES_H

/* Whether some window reaches outside, or is spread. */
#ifndef EP_PATCHED
#define EP_PATCHED 1
#endif

/* Whether some layer's windows lie inside the input in part and are read there; those that ep_patches_pay has gathered
   all the same do not count. */
#ifndef EP_BORDERS
#define EP_BORDERS 1
#endif

#if EP_NEON
#include "patch_neon.h"
#endif

/* Whether runs may be read from the input. */
EP_INLINE int ep_is_direct(const ep_conv_2d *c) { return !EP_SPREAD || c->direct; }

/* One run of a patch: taps that lie side by side in the input. `row` lies inside it. */
EP_INLINE void ep_patch_run(const ep_conv_2d *c, const int8_t *row, int32_t column, int8_t *patch)
{
    const ep_window *const w = &c->window;
    const int32_t before = ep_clamp(-column, 0, w->kernel_w);
    const int32_t inside = ep_clamp(w->input_w - column, before, w->kernel_w) - before;
    const int32_t after = w->kernel_w - before - inside;
    if (before)
        memset(patch, c->zero_point, (size_t)(before * c->depth));
    if (inside)
        memcpy(patch + before * c->depth, row + (ptrdiff_t)(column + before) * c->depth, (size_t)(inside * c->depth));
    if (after)
        memset(patch + (before + inside) * c->depth, c->zero_point, (size_t)(after * c->depth));
}

/* The same of taps that lie apart. */
EP_INLINE void ep_patch_taps(const ep_conv_2d *c, const int8_t *row, int32_t column, int8_t *patch)
{
    const ep_window *const w = &c->window;
    for (int32_t j = 0; j < w->kernel_w; j++, column += w->dilation_w, patch += c->depth) {
        if (column < 0 || column >= w->input_w)
            memset(patch, c->zero_point, (size_t)c->depth);
        else
            memcpy(patch, row + (ptrdiff_t)column * w->input_c, (size_t)c->depth);
    }
}

EP_INLINE void ep_patch_fill(const ep_conv_2d *c, const int8_t *in, int32_t y, int32_t x, int32_t run, int8_t *patch)
{
    const ep_window *const w = &c->window;
    const int32_t column = x * w->stride_w - w->pad_w;
#if EP_NEON
    if (ep_is_direct(c)) {
        ep_patch_direct(c, in, y, x, run, patch);
        return;
    }
#endif
    for (int32_t i = 0; i < w->kernel_h; i++, patch += run) {
        const int32_t row = y * w->stride_h - w->pad_h + i * w->dilation_h;
        const int8_t *const from = in + (ptrdiff_t)row * w->input_w * w->input_c;
        if (row < 0 || row >= w->input_h)
            memset(patch, c->zero_point, (size_t)(w->kernel_w * c->depth));
        else if (ep_is_direct(c))
            ep_patch_run(c, from, column, patch);
        else
            ep_patch_taps(c, from, column, patch);
    }
}

/* A rectangle of output pixels, gathered: rows from `top` to before `bottom`, columns from `left` to before `right`.
   Pixels of a column go together where it is narrower than high. */
static void ep_conv_2d_gathered(const ep_conv_2d *c, const int8_t *in, int8_t *out, int32_t top, int32_t bottom,
                                int32_t left, int32_t right, int8_t *patches)
{
    const ep_window *const w = &c->window;
    const int32_t down = right - left < bottom - top, lines = down ? right - left : bottom - top;
    const int32_t length = down ? bottom - top : right - left;
    const int32_t run = 4 * c->groups->quads, size = run * c->groups->rows;
    const ptrdiff_t step = (ptrdiff_t)(down ? w->output_w : 1) * w->output_c;
    for (int32_t g = 0; g < (EP_SPREAD ? c->group_count : 1); g++)
        for (int32_t line = 0; line < lines; line++)
            for (int32_t at = 0; at < length; at += EP_PATCHES) {
                const int32_t count = ep_min(EP_PATCHES, length - at);
                const int32_t y = top + (down ? at : line), x = left + (down ? line : at);
                for (int32_t i = 0; i < count; i++)
                    ep_patch_fill(c, in + g * c->depth, y + (down ? i : 0), x + (down ? 0 : i), run, patches + i * size);
                const ep_vectors v = {patches, size, run,
                                      out + ((ptrdiff_t)y * w->output_w + x) * w->output_c + g * c->groups->outputs, step};
                ep_matrix_run(&c->groups[g], &v, count);
            }
}

/* The pixels whose windows lie inside the input, row by row. */
static void ep_conv_2d_direct(const ep_conv_2d *c, const int8_t *in, int8_t *out)
{
    const ep_window *const w = &c->window;
    const ptrdiff_t line = (ptrdiff_t)w->input_w * w->input_c;
    for (int32_t y = w->top; y < w->bottom; y++) {
        const ptrdiff_t row = y * w->stride_h - w->pad_h, column = w->left * w->stride_w - w->pad_w;
        const ep_vectors v = {in + row * line + column * w->input_c, (ptrdiff_t)w->stride_w * w->input_c,
                              w->dilation_h * line, out + ((ptrdiff_t)y * w->output_w + w->left) * w->output_c,
                              w->output_c};
        ep_matrix_run(c->groups, &v, w->right - w->left);
    }
}

/* Whether windows inside the input are gathered too: runs of one quad cost more to step over than to copy, where the
   copy serves several blocks of outputs. There is room for patches only where some windows reach outside. */
EP_INLINE int ep_patches_pay(const ep_conv_2d *c)
{
    const ep_window *const w = &c->window;
    const int inside = w->top == 0 && w->left == 0 && w->bottom == w->output_h && w->right == w->output_w;
    return EP_NEON && !inside && c->groups->quads == 1 && c->groups->rows > 1 && c->groups->outputs > EP_BLOCK;
}

static void ep_conv_2d_whole(const ep_conv_2d *c, const int8_t *in, int8_t *out, int8_t *patches)
{
    const ep_window *const w = &c->window;
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w), out += ep_image_out(w)) {
        if (EP_PATCHED && (!ep_is_direct(c) || w->left >= w->right || w->top >= w->bottom || ep_patches_pay(c))) {
            ep_conv_2d_gathered(c, in, out, 0, w->output_h, 0, w->output_w, patches);
            continue;
        }
        ep_conv_2d_direct(c, in, out);
        if (!EP_PATCHED || (EP_NEON && !EP_BORDERS))
            continue;
        ep_conv_2d_gathered(c, in, out, 0, w->top, 0, w->output_w, patches);
        ep_conv_2d_gathered(c, in, out, w->bottom, w->output_h, 0, w->output_w, patches);
        ep_conv_2d_gathered(c, in, out, w->top, w->bottom, 0, w->left, patches);
        ep_conv_2d_gathered(c, in, out, w->top, w->bottom, w->right, w->output_w, patches);
    }
}

#endif
