/* ARG_MAX and ARG_MIN for EP_ELEMENT: the index of the first of the largest or smallest elements. */
static void EP_TYPED(ep_arg_extreme, run)(const ep_arg_extreme *a, const EP_ELEMENT *in, void *out)
{
    uint8_t *to = out;
    for (int32_t i = 0; i < a->outer; i++, in += (ptrdiff_t)a->count * a->inner)
        for (int32_t k = 0; k < a->inner; k++) {
            const EP_ELEMENT *const x = in + k;
            int32_t best = 0;
            for (int32_t j = 1; j < a->count; j++) {
                const int32_t v = x[(ptrdiff_t)j * a->inner], w = x[(ptrdiff_t)best * a->inner];
                best = (a->largest ? v > w : v < w) ? j : best;
            }
            to = ep_arg_extreme_write(a, best, to);
        }
}
