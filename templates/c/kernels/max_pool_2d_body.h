/* MAX_POOL_2D for EP_ELEMENT: the largest of what lies inside the input; input and output share their quantization. */
EP_INLINE void EP_TYPED(ep_max, pixel)(const ep_pool *p, const EP_ELEMENT *in, const ep_extent *e, EP_ELEMENT *out)
{
    const ep_window *const w = &p->window;
    for (int32_t k = 0; k < w->output_c; k++)
        out[k] = (EP_ELEMENT)p->low;
    for (int32_t i = e->from_h; i < e->to_h; i++)
        for (int32_t j = e->from_w; j < e->to_w; j++) {
            const EP_ELEMENT *const x = in + ((ptrdiff_t)i * w->input_w + j) * w->input_c;
            for (int32_t k = 0; k < w->output_c; k++)
                out[k] = x[k] > out[k] ? x[k] : out[k];
        }
    for (int32_t k = 0; k < w->output_c; k++)
        out[k] = out[k] > p->high ? (EP_ELEMENT)p->high : out[k];
}

static void EP_TYPED(ep_max_pool_2d, run)(const ep_pool *p, const EP_ELEMENT *in, EP_ELEMENT *out)
{
    const ep_window *const w = &p->window;
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w))
        for (int32_t y = 0; y < w->output_h; y++)
            for (int32_t x = 0; x < w->output_w; x++, out += w->output_c) {
                const ep_extent e = ep_pool_extent(w, y, x);
                EP_TYPED(ep_max, pixel)(p, in, &e, out);
            }
}
