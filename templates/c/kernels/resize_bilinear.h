/* RESIZE_BILINEAR of int8: four pixels, two weights, from tables by row and column. */
#ifndef EDGEPACK_RESIZE_BILINEAR_H
#define EDGEPACK_RESIZE_BILINEAR_H

#include "edgepack.h"

typedef struct {
    int32_t batches, input_h, input_w, output_h, output_w, channels;
    int32_t bits;    /* Of a weight. */
    int32_t upwards; /* Ties go upwards, else away from zero. */
    const int32_t *row_low, *row_high, *row_weight;
    const int32_t *column_low, *column_high, *column_weight;
} ep_resize_bilinear;

EP_INLINE int8_t ep_bilinear(const ep_resize_bilinear *r, const int8_t *const corners[4], int32_t k, int32_t down,
                             int32_t across)
{
    const int32_t one = 1 << r->bits, half = 1 << (2 * r->bits - 1);
    const int32_t upper = corners[0][k] * (one - across) + corners[1][k] * across;
    const int32_t lower = corners[2][k] * (one - across) + corners[3][k] * across;
    const int32_t v = upper * (one - down) + lower * down;
    if (r->upwards || v >= 0)
        return (int8_t)((v + half) >> (2 * r->bits));
    return (int8_t)-((half - v) >> (2 * r->bits));
}

static void ep_resize_bilinear_run(const ep_resize_bilinear *r, const int8_t *in, int8_t *out)
{
    const ptrdiff_t image = (ptrdiff_t)r->input_h * r->input_w * r->channels;
    for (int32_t n = 0; n < r->batches; n++, in += image)
        for (int32_t y = 0; y < r->output_h; y++) {
            const int8_t *const top = in + (ptrdiff_t)r->row_low[y] * r->input_w * r->channels;
            const int8_t *const bottom = in + (ptrdiff_t)r->row_high[y] * r->input_w * r->channels;
            for (int32_t x = 0; x < r->output_w; x++) {
                const ptrdiff_t left = (ptrdiff_t)r->column_low[x] * r->channels;
                const ptrdiff_t right = (ptrdiff_t)r->column_high[x] * r->channels;
                const int8_t *const corners[4] = {top + left, top + right, bottom + left, bottom + right};
                for (int32_t k = 0; k < r->channels; k++)
                    *out++ = ep_bilinear(r, corners, k, r->row_weight[y], r->column_weight[x]);
            }
        }
}

#endif
