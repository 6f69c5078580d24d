/* AVERAGE_POOL_2D for EP_ELEMENT: the mean of what lies inside the input, ties away from zero; input and output share a
   zero point. */
EP_INLINE void EP_TYPED(ep_average, lanes)(const ep_pool *p, const EP_ELEMENT *in, const ep_extent *e,
                                           int32_t lanes, EP_ELEMENT *out)
{
    const ep_window *const w = &p->window;
    const int32_t count = (e->to_h - e->from_h) * (e->to_w - e->from_w);
    int32_t sums[EP_POOL_LANES] = {0};
    for (int32_t i = e->from_h; i < e->to_h; i++)
        for (int32_t j = e->from_w; j < e->to_w; j++) {
            const EP_ELEMENT *const x = in + ((ptrdiff_t)i * w->input_w + j) * w->input_c;
            for (int32_t k = 0; k < lanes; k++)
                sums[k] += x[k];
        }
    for (int32_t k = 0; k < lanes; k++) {
        const int32_t mean = sums[k] < 0 ? -((count / 2 - sums[k]) / count) : (sums[k] + count / 2) / count;
        out[k] = (EP_ELEMENT)ep_clamp(mean, p->low, p->high);
    }
}

static void EP_TYPED(ep_average_pool_2d, run)(const ep_pool *p, const EP_ELEMENT *in, EP_ELEMENT *out)
{
    const ep_window *const w = &p->window;
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w))
        for (int32_t y = 0; y < w->output_h; y++)
            for (int32_t x = 0; x < w->output_w; x++, out += w->output_c) {
                const ep_extent e = ep_pool_extent(w, y, x);
                for (int32_t first = 0; first < w->output_c; first += EP_POOL_LANES)
                    EP_TYPED(ep_average, lanes)(p, in + first, &e, ep_min(EP_POOL_LANES, w->output_c - first), out + first);
            }
}
