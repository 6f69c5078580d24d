/* CONV_2D with AVX2: the windows of as many pixels as a panel holds are widened into it, wherever they lie. */
#ifndef EDGEPACK_CONV_2D_AVX2_H
#define EDGEPACK_CONV_2D_AVX2_H

EP_INLINE int16_t *ep_widen_zero(int32_t zero_point, int32_t count, int16_t *to)
{
    for (int32_t i = 0; i < count; i++)
        to[i] = (int16_t)zero_point;
    return to + count;
}

/* One row of a window; `from` is null where it lies outside the input. */
EP_INLINE void ep_widen_row(const ep_conv_2d *c, const int8_t *from, int32_t column, int32_t run, int16_t *to)
{
    const ep_window *const w = &c->window;
    const int32_t last = column + (w->kernel_w - 1) * w->dilation_w;
    const int16_t *const end = to + run;
    if (from && c->direct && column >= 0 && last < w->input_w) {
        ep_widen(from + (ptrdiff_t)column * w->input_c, run, to);
        return;
    }
    for (int32_t j = 0; j < w->kernel_w; j++, column += w->dilation_w) {
        if (from && column >= 0 && column < w->input_w)
            to = ep_widen_bytes(from + (ptrdiff_t)column * w->input_c, c->depth, to);
        else
            to = ep_widen_zero(c->zero_point, c->depth, to);
    }
    while (to < end)
        *to++ = 0;
}

EP_INLINE void ep_widen_window(const ep_conv_2d *c, const int8_t *in, int32_t y, int32_t x, int32_t run, int16_t *to)
{
    const ep_window *const w = &c->window;
    int32_t row = y * w->stride_h - w->pad_h;
    for (int32_t i = 0; i < w->kernel_h; i++, row += w->dilation_h, to += run) {
        const int8_t *const from = row >= 0 && row < w->input_h ? in + (ptrdiff_t)row * w->input_w * w->input_c : NULL;
        ep_widen_row(c, from, x * w->stride_w - w->pad_w, run, to);
    }
}

static void ep_conv_2d_run(const ep_conv_2d *c, const int8_t *in, int8_t *out, int8_t *patches)
{
    const ep_window *const w = &c->window;
    const int32_t pixels = w->batches * w->output_h * w->output_w;
    int16_t panel[EP_PANEL];
    (void)patches;
    for (int32_t g = 0; g < c->group_count; g++) {
        const ep_matrix *const m = &c->groups[g];
        const int32_t most = ep_panel_height(m), stride = ep_panel_stride(m), run = 4 * m->quads;
        const int8_t *image = in + g * c->depth;
        int32_t y = 0, x = 0;
        for (int32_t from = 0; from < pixels; from += most) {
            const int32_t count = ep_min(most, pixels - from);
            for (int32_t i = 0; i < count; i++) {
                ep_widen_window(c, image, y, x, run, panel + i * stride);
                if (++x == w->output_w) {
                    x = 0;
                    if (++y == w->output_h)
                        y = 0, image += ep_image_in(w);
                }
            }
            ep_panel_run(m, panel, count, out + (ptrdiff_t)from * w->output_c + g * m->outputs, w->output_c);
        }
    }
}

#endif
