/* The depthwise convolution of int16 by groups of pixels that follow each other, over rows and images: all share the
   weights as they are loaded, wherever their taps lie.

   Of depthwise_int16_<cpu>.h: EP_INT16_PIXELS, and ep_depthwise_int16_block(d, taps, first, sums): 16 channels from `first`
   on of all pixels of a group, whose taps are taps[tap][pixel]. */
#ifndef EDGEPACK_DEPTHWISE_INT16_GROUPS_H
#define EDGEPACK_DEPTHWISE_INT16_GROUPS_H

/* Where a group lies. */
typedef struct {
    const int16_t *in; /* The image. */
    int32_t y, x;
} ep_int16_place;

/* The taps of a group within a row, of which no tap lies outside. */
EP_INLINE void ep_depthwise_int16_inner(const ep_window *w, const ep_int16_place *at,
                                        const int16_t *taps[][EP_INT16_PIXELS])
{
    const ptrdiff_t line = (ptrdiff_t)w->input_w * w->input_c, step = (ptrdiff_t)w->stride_w * w->input_c;
    const int32_t row = at->y * w->stride_h - w->pad_h, column = at->x * w->stride_w - w->pad_w;
    const int16_t *from = at->in + row * line + (ptrdiff_t)column * w->input_c;
    for (int32_t i = 0; i < w->kernel_h; i++, from += w->dilation_h * line) {
        const int16_t *tap = from;
        for (int32_t j = 0; j < w->kernel_w; j++, tap += w->dilation_w * w->input_c, taps++)
            EP_UNROLL for (int32_t k = 0; k < EP_INT16_PIXELS; k++)
                (*taps)[k] = tap + k * step;
    }
}

/* The taps of the next `count` pixels. Places behind the last are filled with what is there. */
EP_INLINE void ep_depthwise_int16_next(const ep_window *w, ep_int16_place *at, int32_t count, const int16_t *outside,
                                       const int16_t *taps[][EP_INT16_PIXELS])
{
    const int inner = at->y >= w->top && at->y < w->bottom && at->x >= w->left && at->x + EP_INT16_PIXELS <= w->right;
    if (inner && count == EP_INT16_PIXELS)
        ep_depthwise_int16_inner(w, at, taps);
    for (int32_t i = 0; i < EP_INT16_PIXELS; i++) {
        if (!inner || count < EP_INT16_PIXELS)
            ep_depthwise_int16_taps(w, at->in, at->y, at->x, outside, &taps[0][i], EP_INT16_PIXELS);
        if (i + 1 >= count && i + 1 < EP_INT16_PIXELS)
            continue;
        if (++at->x == w->output_w) {
            at->x = 0;
            if (++at->y == w->output_h)
                at->y = 0, at->in += ep_image_in(w);
        }
    }
}

static void ep_depthwise_int16_groups(const ep_depthwise_conv_2d_int16 *d, const int16_t *in, int16_t *out,
                                      const int16_t *outside)
{
    const ep_window *const w = &d->window;
    const int32_t channels = w->output_c;
    const int16_t *taps[EP_INT16_TAPS][EP_INT16_PIXELS];
    ep_int16_place at = {in, 0, 0};
    for (int32_t left = w->batches * w->output_h * w->output_w, count; left > 0; left -= count, out += count * channels) {
        count = ep_min(left, EP_INT16_PIXELS);
        ep_depthwise_int16_next(w, &at, count, outside, taps);
        for (int32_t first = 0; first < channels; first += EP_BLOCK) {
            int32_t sums[EP_INT16_PIXELS][EP_BLOCK];
            ep_depthwise_int16_block(d, taps, first, sums);
            ep_requantize_int16_run(&d->scaling, first, ep_min(EP_BLOCK, channels - first), sums, count, out + first,
                                    channels);
        }
    }
}

#endif
