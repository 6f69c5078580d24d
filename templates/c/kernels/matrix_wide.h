/* The matrix product in plain C for CPUs whose compiler makes vectors of loops: dot products of 16-bit integers, which
   all of them have an instruction for. Vectors are widened into a panel; so are the weights, four outputs at a time, each
   output's side by side. */
#ifndef EDGEPACK_MATRIX_WIDE_H
#define EDGEPACK_MATRIX_WIDE_H

#define EP_TILE 4
#define EP_FLAT 0
#define EP_OFFSET 0
#define EP_STRIPS 0 /* Each vector lies in one piece. */
#define EP_SKIPPING 1

typedef int16_t ep_element;

#include "panel.h"

#define EP_WIDE 4
#define EP_WHOLE(depth) (((depth) + 15) & ~15) /* Loops without an end. */

/* GCC 12 makes vectors of such loops at -O3 alone. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("O3")
#endif

/* Clang sees the dot product in eight lanes, not in four. */
#if defined(__clang__)
#define EP_LANES8 _Pragma("clang loop vectorize_width(8) interleave_count(1)")
#else
#define EP_LANES8
#endif

/* Widen `count` bytes; return where the next go. */
EP_INLINE int16_t *ep_widen(const int8_t *in, int32_t count, int16_t *to)
{
    for (int32_t i = 0; i < count; i++)
        to[i] = in[i];
    return to + count;
}

EP_INLINE int16_t *ep_widen_bytes(const int8_t *in, int32_t count, int16_t *to) { return ep_widen(in, count, to); }

/* Four outputs' weights of the `depth` inputs that are there. */
static void ep_wide_weights(const ep_matrix *m, int32_t first, int32_t depth, int16_t *to)
{
    const int32_t stride = EP_WHOLE(depth);
    const int8_t *w = ep_block_weights(m, first / EP_BLOCK) + first % EP_BLOCK * 4;
    memset(to, 0, sizeof(int16_t) * EP_WIDE * (size_t)stride);
    for (int32_t at = 0; at < depth; at += 4, w += 4 * EP_BLOCK)
        for (int32_t j = 0; j < EP_WIDE; j++)
            for (int32_t k = 0; k < 4; k++)
                to[j * stride + at + k] = w[4 * j + k];
}

#if EP_SKIPS
/* The quads of a vector that a block has, side by side, and zeros up to a whole loop. */
static void ep_wide_gather(const ep_matrix *m, int32_t block, const int16_t *x, int16_t *to)
{
    const uint16_t *const end = m->steps + m->starts[block + 1];
    for (const uint16_t *step = m->steps + m->starts[block]; step < end; step++, to += 4)
        memcpy(to, x + 4 * *step, 4 * sizeof *x);
    memset(to, 0, 12 * sizeof *to);
}
#endif

/* One vector. */
static void ep_wide_sums(const int16_t *x, const int16_t *w, int32_t stride, int32_t *sums)
{
    const int16_t *const second = w + stride, *const third = second + stride, *const fourth = third + stride;
    int32_t a = 0, b = 0, c = 0, d = 0;
    EP_LANES8 for (int32_t k = 0; k < stride; k++) {
        a += x[k] * w[k];
        b += x[k] * second[k];
        c += x[k] * third[k];
        d += x[k] * fourth[k];
    }
    sums[0] += a, sums[1] += b, sums[2] += c, sums[3] += d;
}

/* Each quad of a vector four times. */
static void ep_wide_fourfold(const int16_t *x, int32_t depth, int16_t *to)
{
    for (int32_t at = 0; at < depth; at += 4, to += 4 * EP_WIDE)
        for (int32_t j = 0; j < EP_WIDE; j++)
            memcpy(to + 4 * j, x + at, 4 * sizeof *x);
}

/* One vector, fourfold, where widening the weights would take longer: 4 outputs' 4 products at once. */
static void ep_wide_direct(const ep_matrix *m, const int16_t *x, int32_t first, int32_t depth, int32_t *sums)
{
    const int8_t *w = ep_block_weights(m, first / EP_BLOCK) + first % EP_BLOCK * 4;
    int32_t products[4 * EP_WIDE] = {0};
#if EP_SKIPS
    if (m->steps) {
        const int32_t *const start = m->starts + first / EP_BLOCK;
        for (int32_t step = start[0]; step < start[1]; step++, w += 4 * EP_BLOCK) {
            const int16_t *const quad = x + 4 * EP_WIDE * m->steps[step];
            for (int32_t i = 0; i < 4 * EP_WIDE; i++)
                products[i] += (int16_t)(w[i] * quad[i]);
        }
        depth = 0;
    }
#endif
    for (int32_t at = 0; at < depth; at += 4, w += 4 * EP_BLOCK, x += 4 * EP_WIDE)
        for (int32_t i = 0; i < 4 * EP_WIDE; i++)
            products[i] += (int16_t)(w[i] * x[i]);
    for (int32_t i = 0; i < 4 * EP_WIDE; i++)
        sums[i / 4] += products[i];
}

static void ep_panel_run(const ep_matrix *m, const ep_panel *p, int32_t count, int8_t *out, ptrdiff_t out_stride)
{
    const int32_t depth = 4 * p->steps;
    int16_t wide[EP_WIDE * EP_WHOLE(EP_DEPTH)]; /* Weights, or the only vector. */
#if EP_SKIPS
    int16_t gathered[EP_DEPTH + 12];
#endif
    if (count == 1)
        ep_wide_fourfold(p->vectors[0], depth, wide);
    for (int32_t first = 0; first < m->outputs; first += EP_WIDE) {
        const int32_t outputs = ep_min(EP_WIDE, m->outputs - first);
        int32_t there = depth;
#if EP_SKIPS
        if (m->steps)
            there = 4 * (m->starts[first / EP_BLOCK + 1] - m->starts[first / EP_BLOCK]);
#endif
        if (count > 1)
            ep_wide_weights(m, first, there, wide);
        for (int32_t i = 0; i < count; i++) {
            const int16_t *x = p->vectors[i];
#if EP_SKIPS
            if (m->steps && count > 1) {
                ep_wide_gather(m, first / EP_BLOCK, x, gathered);
                x = gathered;
            }
#endif
            int32_t sums[EP_WIDE];
            memcpy(sums, m->bias + first, sizeof sums);
            if (count > 1)
                ep_wide_sums(x, wide, EP_WHOLE(there), sums);
            else
                ep_wide_direct(m, wide, first, depth, sums);
            ep_requantize_run(&m->scaling, first, outputs, sums, out + i * out_stride + first);
        }
    }
}

#include "matrix_panels.h"

#define ep_matrix_run ep_matrix_by_panels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif

#endif
