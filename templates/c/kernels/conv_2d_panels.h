/* CONV_2D by panels.

   Where the taps of a window's row lie side by side, whole rows of the input are widened into a strip, padding
   included, and the windows of several rows of output are read where they lie in it. Else each window is gathered. */
#ifndef EDGEPACK_CONV_2D_PANELS_H
#define EDGEPACK_CONV_2D_PANELS_H

EP_INLINE ep_element *ep_widen_zero(int32_t zero_point, int32_t count, ep_element *to)
{
    for (int32_t i = 0; i < count; i++)
        to[i] = (ep_element)(zero_point + EP_OFFSET);
    return to + count;
}

/* One row of taps, spread or of a group; `from` is null where it lies outside the input. */
EP_INLINE void ep_widen_taps(const ep_conv_2d *c, const int8_t *from, int32_t column, int32_t run, ep_element *to)
{
    const ep_window *const w = &c->window;
    const ep_element *const end = to + run;
    for (int32_t j = 0; j < w->kernel_w; j++, column += w->dilation_w) {
        if (from && column >= 0 && column < w->input_w)
            to = ep_widen_bytes(from + (ptrdiff_t)column * w->input_c, c->depth, to);
        else
            to = ep_widen_zero(c->zero_point, c->depth, to);
    }
    while (to < end)
        *to++ = 0;
}

EP_INLINE void ep_widen_window(const ep_conv_2d *c, const int8_t *in, int32_t y, int32_t x, int32_t run, ep_element *to)
{
    const ep_window *const w = &c->window;
    const int32_t column = x * w->stride_w - w->pad_w;
    const int inside = c->direct && x >= w->left && x < w->right;
    int32_t row = y * w->stride_h - w->pad_h;
    for (int32_t i = 0; i < w->kernel_h; i++, row += w->dilation_h, to += run) {
        const int8_t *const from = row >= 0 && row < w->input_h ? in + (ptrdiff_t)row * w->input_w * w->input_c : NULL;
        if (from && inside)
            ep_widen(from + (ptrdiff_t)column * w->input_c, run, to);
        else
            ep_widen_taps(c, from, column, run, to);
    }
}

/* Every window for itself. */
static void ep_conv_2d_gathered(const ep_conv_2d *c, const ep_matrix *m, const int8_t *in, int8_t *out)
{
    const ep_window *const w = &c->window;
    const int32_t pixels = w->batches * w->output_h * w->output_w, run = 4 * m->quads, depth = m->rows * run;
    const int32_t most = ep_panel_height(depth);
    ep_panel panel;
    int32_t y = 0, x = 0;
    ep_panel_offsets(&panel, 1, depth / 4, 0);
    for (int32_t from = 0; from < pixels; from += most) {
        const int32_t count = ep_min(most, pixels - from);
        for (int32_t i = 0; i < count; i++) {
            ep_element *const to = panel.elements + i * (depth + EP_SPARE);
            panel.vectors[i] = to;
            ep_widen_window(c, in, y, x, run, to);
            if (++x == w->output_w) {
                x = 0;
                if (++y == w->output_h)
                    y = 0, in += ep_image_in(w);
            }
        }
        ep_panel_run(m, &panel, count, out + (ptrdiff_t)from * w->output_c, w->output_c);
    }
}

/* A rectangle of output pixels. */
typedef struct {
    int32_t y, height, x, width;
} ep_part;

/* The input that a part reads, `line` elements a row. */
static void ep_strip_fill(const ep_conv_2d *c, const ep_part *part, const int8_t *in, int32_t line, ep_element *to)
{
    const ep_window *const w = &c->window;
    const int32_t left = part->x * w->stride_w - w->pad_w, top = part->y * w->stride_h - w->pad_h;
    const int32_t width = (part->width - 1) * w->stride_w + w->kernel_w;
    const int32_t height = (part->height - 1) * w->stride_h + (w->kernel_h - 1) * w->dilation_h + 1;
    const int32_t before = ep_clamp(-left, 0, width), inside = ep_clamp(w->input_w - left, before, width) - before;
    for (int32_t row = top; row < top + height; row++, to += line) {
        if (row < 0 || row >= w->input_h) {
            ep_widen_zero(c->zero_point, width * w->input_c, to);
            continue;
        }
        const int8_t *const from = in + ((ptrdiff_t)row * w->input_w + left + before) * w->input_c;
        ep_element *at = ep_widen_zero(c->zero_point, before * w->input_c, to);
        at = ep_widen_bytes(from, inside * w->input_c, at);
        ep_widen_zero(c->zero_point, (width - before - inside) * w->input_c, at);
    }
}

/* Elements of a row of a strip for `width` pixels of output. */
EP_INLINE int32_t ep_strip_line(const ep_window *w, int32_t width)
{
    return ((width - 1) * w->stride_w + w->kernel_w) * w->input_c;
}

/* The largest part that a panel holds: whole rows if one fits, else a piece of a row. */
static ep_part ep_strip_part(const ep_window *w)
{
    const int32_t room = EP_PANEL - EP_SPARE, reach = (w->kernel_h - 1) * w->dilation_h + 1;
    ep_part part = {0, 1, 0, ep_min(w->output_w, EP_PIXELS)};
    while (part.width > 1 && reach * ep_strip_line(w, part.width) > room)
        part.width--;
    if (part.width == w->output_w) {
        const int32_t rows = (room / ep_strip_line(w, part.width) - reach) / w->stride_h + 1;
        part.height = ep_max(1, ep_min(ep_min(rows, EP_PIXELS / part.width), w->output_h));
    }
    return part;
}

static void ep_conv_2d_strips(const ep_conv_2d *c, const int8_t *in, int8_t *out)
{
    const ep_window *const w = &c->window;
    const ep_part whole = ep_strip_part(w);
    ep_panel panel;
    for (int32_t y = 0; y < w->output_h; y += whole.height)
        for (int32_t x = 0; x < w->output_w; x += whole.width) {
            const ep_part part = {y, ep_min(whole.height, w->output_h - y), x, ep_min(whole.width, w->output_w - x)};
            const int32_t line = ep_strip_line(w, part.width);
            int32_t count = 0;
            ep_strip_fill(c, &part, in, line, panel.elements);
            ep_panel_offsets(&panel, c->groups->rows, c->groups->quads, w->dilation_h * line);
            for (int32_t i = 0; i < part.height; i++)
                for (int32_t j = 0; j < part.width; j++)
                    panel.vectors[count++] = panel.elements + i * w->stride_h * line + j * w->stride_w * w->input_c;
            ep_panel_run(c->groups, &panel, count, out + ((ptrdiff_t)y * w->output_w + x) * w->output_c, w->output_c);
        }
}

static void ep_conv_2d_whole(const ep_conv_2d *c, const int8_t *in, int8_t *out, int8_t *patches)
{
    const ep_window *const w = &c->window;
    (void)patches;
    if (EP_STRIPS && c->direct && w->kernel_w + EP_FLAT > 1 && w->kernel_w >= w->stride_w && w->kernel_h >= w->stride_h) {
        for (int32_t n = 0; n < w->batches; n++)
            ep_conv_2d_strips(c, in + n * ep_image_in(w), out + n * ep_image_out(w));
        return;
    }
    for (int32_t g = 0; g < c->group_count; g++)
        ep_conv_2d_gathered(c, &c->groups[g], in + g * c->depth, out + g * c->groups[g].outputs);
}

#endif
