/* CONV_2D of int16: windows that reach outside the input, or are spread, gathered into patches. */
#ifndef EDGEPACK_CONV_2D_INT16_PATCHES_H
#define EDGEPACK_CONV_2D_INT16_PATCHES_H

/* One window; what lies outside the input is zero. */
EP_INLINE void ep_int16_patch(const ep_conv_2d_int16 *c, const int16_t *in, int32_t y, int32_t x, int16_t *patch)
{
    const ep_window *const w = &c->window;
    const ep_matrix_int16 *const m = c->groups;
    const int32_t column = x * w->stride_w - w->pad_w, step = c->direct ? w->kernel_w : 1;
    memset(patch, 0, sizeof(int16_t) * 4 * (size_t)(m->rows * m->quads));
    for (int32_t i = 0; i < w->kernel_h; i++, patch += 4 * m->quads) {
        const int32_t row = y * w->stride_h - w->pad_h + i * w->dilation_h;
        if (row < 0 || row >= w->input_h)
            continue;
        for (int32_t j = 0; j < w->kernel_w; j += step) {
            /* Taps from `at` on, of which the first few may lie before the input, and others behind it. */
            const int32_t at = column + j * w->dilation_w, before = ep_clamp(-at, 0, step);
            const int32_t inside = ep_clamp(w->input_w - at, before, step) - before;
            if (inside)
                memcpy(patch + (j + before) * c->depth, in + ((ptrdiff_t)row * w->input_w + at + before) * w->input_c,
                       sizeof(int16_t) * (size_t)(inside * c->depth));
        }
    }
}

/* A rectangle of output pixels, gathered: rows from `top` to before `bottom`, columns from `left` to before `right`.
   Pixels of a column go together where it is narrower than high. */
static void ep_conv_2d_int16_gathered(const ep_conv_2d_int16 *c, const int16_t *in, int16_t *out, int32_t top,
                                      int32_t bottom, int32_t left, int32_t right, int16_t *patches)
{
    const ep_window *const w = &c->window;
    const int32_t down = right - left < bottom - top, lines = down ? right - left : bottom - top;
    const int32_t length = down ? bottom - top : right - left;
    const int32_t run = 4 * c->groups->quads, size = run * c->groups->rows;
    const ptrdiff_t step = (ptrdiff_t)(down ? w->output_w : 1) * w->output_c;
    for (int32_t g = 0; g < c->group_count; g++)
        for (int32_t line = 0; line < lines; line++)
            for (int32_t at = 0; at < length; at += EP_INT16_GATHERED) {
                const int32_t count = ep_min(EP_INT16_GATHERED, length - at);
                const int32_t y = top + (down ? at : line), x = left + (down ? line : at);
                int16_t *const to = out + ((ptrdiff_t)y * w->output_w + x) * w->output_c + g * c->groups->outputs;
                for (int32_t i = 0; i < count; i++)
                    ep_int16_patch(c, in + g * c->depth, y + (down ? i : 0), x + (down ? 0 : i), patches + i * size);
                const ep_vectors_int16 v = {patches, size, run, to, step};
                ep_matrix_int16_run(&c->groups[g], &v, count);
            }
}

#endif
