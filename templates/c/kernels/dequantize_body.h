/* DEQUANTIZE for EP_ELEMENT. */
static void EP_TYPED(ep_dequantize, run)(const ep_dequantize *d, const EP_ELEMENT *in, void *out)
{
    for (int32_t i = 0; i < d->count; i++) {
        const float v = d->scale * (float)(in[i] - d->zero_point);
        memcpy((uint8_t *)out + (size_t)i * sizeof v, &v, sizeof v);
    }
}
