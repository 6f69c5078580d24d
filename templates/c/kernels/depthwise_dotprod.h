/* Depthwise windows of 3 by 3 with NEON's dot products, 16 channels at a time.

   The three rows of a column are brought together, channel by channel, so that one instruction multiplies them for four
   channels; a fourth weight of 0 fills the quad. A column counts for three pixels, and is done with before the next. */
#ifndef EDGEPACK_DEPTHWISE_DOTPROD_H
#define EDGEPACK_DEPTHWISE_DOTPROD_H

/* Four taps of 16 channels, channel by channel. */
EP_INLINE void ep_interleaved(const int8x16x4_t *taps, int8x16_t *quads)
{
    static const uint8_t first[16] = {0, 16, 32, 48, 1, 17, 33, 49, 2, 18, 34, 50, 3, 19, 35, 51};
    EP_UNROLL for (int32_t k = 0; k < 4; k++)
        quads[k] = vqtbl4q_s8(*taps, vaddq_u8(vld1q_u8(first), vdupq_n_u8((uint8_t)(4 * k))));
}

static EP_APART void ep_chunk_quads(ep_chunk *c, const ep_depthwise_conv_2d *d)
{
    const int8_t *const w = d->weights + c->first;
    const int32_t count = d->window.kernel_h * d->window.kernel_w;
    for (int32_t t = 0; t < count; t += 4) {
        int8x16x4_t taps;
        EP_UNROLL for (int32_t i = 0; i < 4; i++)
            taps.val[i] = t + i < count ? vld1q_s8(w + (ptrdiff_t)(t + i) * d->channels) : vdupq_n_s8(0);
        ep_interleaved(&taps, c->quads + t);
    }
}

/* 16 channels of a pixel, whatever the window: its taps lie at `offsets` from `in`. */
EP_INLINE void ep_chunk_pixel(const ep_depthwise_conv_2d *d, const ep_chunk *c, const int8_t *in,
                              const ptrdiff_t *offsets, int8_t *out)
{
    int32x4_t sums[4] = {c->start[0], c->start[1], c->start[2], c->start[3]};
    const int8x16_t *weights = c->quads;
    for (int32_t left = d->window.kernel_h * d->window.kernel_w; left > 0; left -= 4, offsets += 4, weights += 4) {
        int8x16x4_t taps;
        int8x16_t quads[4];
        EP_UNROLL for (int32_t i = 0; i < 4; i++)
            taps.val[i] = vld1q_s8(in + offsets[i]);
        ep_interleaved(&taps, quads);
        EP_UNROLL for (int32_t k = 0; k < 4; k++)
            sums[k] = vdotq_s32(sums[k], quads[k], weights[k]);
    }
    ep_chunk_store(c, &c->scale, &d->scaling, sums, out);
}

/* Quads of 16 channels. */
typedef struct {
    int8x16_t of[4];
} ep_quads;

typedef struct {
    ep_quads column[3];
} ep_weights9;

typedef struct {
    int32x4_t of[4];
} ep_sums4;

/* Where the bytes of quad `k` lie in three rows; places behind the last row give 0. */
EP_INLINE uint8x16_t ep_quad_index(const uint8_t k)
{
    static const uint8_t first[16] = {0, 16, 32, 255, 1, 17, 33, 255, 2, 18, 34, 255, 3, 19, 35, 255};
    return vqaddq_u8(vld1q_u8(first), vdupq_n_u8((uint8_t)(4 * k)));
}

EP_INLINE ep_quads ep_quads_of(const ep_column *c)
{
    const int8x16x3_t rows = {{c->row[0], c->row[1], c->row[2]}};
    ep_quads q;
    EP_UNROLL for (int32_t k = 0; k < 4; k++)
        q.of[k] = vqtbl3q_s8(rows, ep_quad_index((uint8_t)k));
    return q;
}

EP_INLINE ep_weights9 ep_weights9_load(const ep_depthwise_conv_2d *d, const ep_chunk *c)
{
    ep_weights9 w;
    EP_UNROLL for (int32_t j = 0; j < 3; j++) {
        ep_column column;
        EP_UNROLL for (int32_t i = 0; i < 3; i++)
            column.row[i] = vld1q_s8(d->weights + (3 * i + j) * d->channels + c->first);
        w.column[j] = ep_quads_of(&column);
    }
    return w;
}

EP_INLINE void ep_add_column(ep_sums4 *sums, const ep_quads *x, const ep_quads *w)
{
    EP_UNROLL for (int32_t k = 0; k < 4; k++)
        sums->of[k] = vdotq_s32(sums->of[k], x->of[k], w->of[k]);
}

EP_INLINE void ep_begin(ep_sums4 *sums, const ep_chunk *c)
{
    EP_UNROLL for (int32_t k = 0; k < 4; k++)
        sums->of[k] = c->start[k];
}

/* The next column ends pixel `last`, is the middle of `middle`, and begins `first`. */
EP_INLINE void ep_step(const ep_depthwise_conv_2d *d, const ep_chunk *c, const ep_weights9 *w, ep_rows *r,
                       ep_sums4 *last, ep_sums4 *middle, ep_sums4 *first, int8_t *out)
{
    const ep_column column = ep_next_column(r);
    const ep_quads x = ep_quads_of(&column);
    ep_add_column(last, &x, &w->column[2]);
    ep_add_column(middle, &x, &w->column[1]);
    ep_begin(first, c);
    ep_add_column(first, &x, &w->column[0]);
    ep_chunk_store(c, &c->scale, &d->scaling, last->of, out);
}

EP_INLINE void ep_row_stride1(const ep_depthwise_conv_2d *d, const ep_chunk *c, const ep_weights9 *w, ep_rows r,
                              int8_t *out)
{
    const ptrdiff_t step = d->window.output_c;
    ep_sums4 p, q, n;
    ep_begin(&p, c);
    ep_begin(&q, c);
    const ep_column one = ep_next_column(&r), two = ep_next_column(&r);
    const ep_quads x = ep_quads_of(&one), y = ep_quads_of(&two);
    ep_add_column(&p, &x, &w->column[0]);
    ep_add_column(&p, &y, &w->column[1]);
    ep_add_column(&q, &y, &w->column[0]);
    for (int32_t left = d->window.output_w;; out += step) {
        ep_step(d, c, w, &r, &p, &q, &n, out);
        if (--left == 0)
            break;
        ep_step(d, c, w, &r, &q, &n, &p, out += step);
        if (--left == 0)
            break;
        ep_step(d, c, w, &r, &n, &p, &q, out += step);
        if (--left == 0)
            break;
    }
}

EP_INLINE void ep_row_stride2(const ep_depthwise_conv_2d *d, const ep_chunk *c, const ep_weights9 *w, ep_rows r,
                              int8_t *out)
{
    ep_sums4 p;
    ep_begin(&p, c);
    const ep_column one = ep_next_column(&r);
    const ep_quads x = ep_quads_of(&one);
    ep_add_column(&p, &x, &w->column[0]);
    for (int32_t left = d->window.output_w; left > 0; left--, out += d->window.output_c) {
        const ep_column middle = ep_next_column(&r), last = ep_next_column(&r);
        const ep_quads y = ep_quads_of(&middle), z = ep_quads_of(&last);
        ep_add_column(&p, &y, &w->column[1]);
        ep_add_column(&p, &z, &w->column[2]);
        ep_chunk_store(c, &c->scale, &d->scaling, p.of, out);
        ep_begin(&p, c);
        ep_add_column(&p, &z, &w->column[0]);
    }
}

#endif
