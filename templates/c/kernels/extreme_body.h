/* MINIMUM and MAXIMUM for EP_ELEMENT: inputs and output share their quantization. */
static void EP_TYPED(ep_extreme, run)(const ep_extreme *e, const EP_ELEMENT *a, const EP_ELEMENT *b, EP_ELEMENT *out)
{
    const ep_broadcast *const s = &e->shape;
    for (int32_t row = 0; row < ep_broadcast_rows(s); row++) {
        const EP_ELEMENT *x = a + ep_broadcast_at(s, s->a, row), *y = b + ep_broadcast_at(s, s->b, row);
        for (int32_t i = 0; i < s->dims[EP_RANK - 1]; i++) {
            const EP_ELEMENT p = x[i * s->a[EP_RANK - 1]], q = y[i * s->b[EP_RANK - 1]];
            *out++ = (e->largest ? p > q : p < q) ? p : q;
        }
    }
}
