/* Reductions of EP_ELEMENT, whose least is EP_LEAST, as EP_REDUCTION says: EP_TYPED(ep_reduce, adds) tells sums and means
   from extremes, _scaled finishes a total, and _add sums EP_LANES side by side. */
EP_INLINE EP_ELEMENT EP_TYPED(ep_reduce, one)(const EP_REDUCTION *r, const EP_ELEMENT *in)
{
    const ptrdiff_t step = r->inner;
    int32_t total = 0, largest = in[0], smallest = in[0];
    if (EP_TYPED(ep_reduce, adds)(r)) {
        for (int32_t j = 0; j < r->count; j++)
            total += in[j * step];
        return (EP_ELEMENT)EP_TYPED(ep_reduce, scaled)(r, total);
    }
    for (int32_t j = 0; j < r->count; j++) {
        largest = ep_max(largest, in[j * step]);
        smallest = ep_min(smallest, in[j * step]);
    }
    return (EP_ELEMENT)(r->reduction == EP_TYPED(ep_reduce, max) ? largest : smallest);
}

#if EP_HAS_LANES

/* The largest; or the smallest, which is the one whose complement is the largest. */
EP_INLINE void EP_TYPED(ep_reduce, extreme)(const EP_REDUCTION *r, const EP_ELEMENT *restrict in,
                                            EP_ELEMENT *restrict out)
{
    const EP_ELEMENT flip = r->reduction == EP_TYPED(ep_reduce, min) ? -1 : 0;
    const int32_t step = r->inner;
    const EP_ELEMENT *x = in;
    EP_ELEMENT most[EP_LANES];
    EP_SIDE_BY_SIDE for (int32_t k = 0; k < EP_LANES; k++)
        most[k] = EP_LEAST;
    for (int32_t j = r->count; j > 0; j--, x += step)
        EP_SIDE_BY_SIDE for (int32_t k = 0; k < EP_LANES; k++) {
            const EP_ELEMENT v = (EP_ELEMENT)(x[k] ^ flip);
            most[k] = v > most[k] ? v : most[k];
        }
    EP_SIDE_BY_SIDE for (int32_t k = 0; k < EP_LANES; k++)
        out[k] = (EP_ELEMENT)(most[k] ^ flip);
}

/* All of a row of at least EP_LANES. */
EP_INLINE void EP_TYPED(ep_reduce, lanes)(const EP_REDUCTION *r, const EP_ELEMENT *in, EP_ELEMENT *out)
{
    for (int32_t first = 0; first < r->inner; first += EP_LANES) {
        const int32_t at = ep_min(first, r->inner - EP_LANES);
        if (EP_TYPED(ep_reduce, adds)(r))
            EP_TYPED(ep_reduce, add)(r, in + at, out + at);
        else
            EP_TYPED(ep_reduce, extreme)(r, in + at, out + at);
    }
}

#endif

static void EP_TYPED(ep_reduce, run)(const EP_REDUCTION *r, const EP_ELEMENT *in, EP_ELEMENT *out)
{
    for (int32_t i = 0; i < r->outer; i++, in += (ptrdiff_t)r->count * r->inner, out += r->inner) {
#if EP_HAS_LANES
        if (r->inner >= EP_LANES) {
            EP_TYPED(ep_reduce, lanes)(r, in, out);
            continue;
        }
#endif
        for (int32_t k = 0; k < r->inner; k++)
            out[k] = EP_TYPED(ep_reduce, one)(r, in + k);
    }
}
