/* A pool of EP_ELEMENT over all pixels and channels: EP_POOL(lanes) computes up to EP_LANES channels of a pixel. */
EP_INLINE void EP_POOL(pixel)(const ep_pool *p, const EP_ELEMENT *in, const ep_extent *e, EP_ELEMENT *out)
{
    const int32_t channels = p->window.output_c;
    int32_t first = 0, at;
#if defined(EP_POOL_FOUR)
    for (; channels >= 4 && first < channels; first += 4) {
        at = ep_min(first, channels - 4);
        EP_POOL_FOUR(p, in + at, e, out + at);
    }
#endif
    for (; first < channels; first += EP_LANES)
        if (EP_POOL_WHOLE(channels)) {
            at = ep_min(first, channels - EP_LANES);
            EP_POOL(lanes)(p, in + at, e, EP_LANES, out + at);
        } else
            EP_POOL(lanes)(p, in + first, e, ep_min(EP_LANES, channels - first), out + first);
}

EP_INLINE void EP_POOL(whole)(const ep_pool *p, const EP_ELEMENT *in, EP_ELEMENT *out)
{
    const ep_window *const w = &p->window;
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w))
        for (int32_t y = 0; y < w->output_h; y++)
            for (int32_t x = 0; x < w->output_w; x++, out += w->output_c) {
                const ep_extent e = ep_pool_extent(w, y, x);
                EP_POOL(pixel)(p, in, &e, out);
            }
}

typedef struct {
    const ep_pool *layer;
    const EP_ELEMENT *in;
    EP_ELEMENT *out;
} EP_POOL(job);

/* Rows of output, of all images one after the other. */
static void EP_POOL(lines)(void *argument, int32_t first, int32_t last)
{
    const EP_POOL(job) *const job = argument;
    const ep_window *const w = &job->layer->window;
    ep_pool part = *job->layer;
    for (; first < last; first += part.window.output_h) {
        part.window = ep_window_lines(w, first, last);
        EP_POOL(whole)(&part, job->in + first / w->output_h * ep_image_in(w),
                       job->out + (ptrdiff_t)first * w->output_w * w->output_c);
    }
}

static void EP_POOL(run)(const ep_pool *p, const EP_ELEMENT *in, EP_ELEMENT *out EP_THREADS_PARAMETER)
{
    const ep_window *const w = &p->window;
    EP_POOL(job) job = {p, in, out};
    if (EP_SHARES)
        ep_share(EP_POOL(lines), &job, w->batches * w->output_h,
                 (int64_t)w->batches * ep_image_out(w) * w->kernel_h * w->kernel_w EP_THREADS);
    else
        EP_POOL(whole)(p, in, out);
}
