/* SVDF of int8: features of this input, then weights over each filter's memory of them, `rank` filters to a unit. */
#ifndef EDGEPACK_SVDF_H
#define EDGEPACK_SVDF_H

#include "fixed_point.h"

typedef struct {
    int32_t batches, inputs, units, rank, memory;
    const int8_t *features; /* [units * rank][inputs] */
    const int32_t *folded;  /* What the input's zero point takes off each filter's sum. */
    const int16_t *time;    /* [units * rank][memory] */
    const int32_t *bias;    /* [units] */
    int32_t to_state, to_state_shift;
    int32_t to_output, to_output_shift;
    int32_t zero_point;
} ep_svdf;

/* One filter: the newest feature to the end of its memory, the weighted sum of it, and the oldest one gone. */
EP_INLINE int64_t ep_svdf_filter(const ep_svdf *s, int32_t filter, const int8_t *in, int16_t *memory)
{
    const int8_t *const w = s->features + (ptrdiff_t)filter * s->inputs;
    const int16_t *const t = s->time + (ptrdiff_t)filter * s->memory;
    int32_t feature = s->folded[filter];
    int64_t total = 0;
    for (int32_t i = 0; i < s->inputs; i++)
        feature += in[i] * w[i];
    memory[s->memory - 1] = (int16_t)ep_clamp(ep_multiply(feature, s->to_state, s->to_state_shift), -32768, 32767);
    for (int32_t i = 0; i < s->memory; i++)
        total += memory[i] * t[i];
    for (int32_t i = 1; i < s->memory; i++)
        memory[i - 1] = memory[i];
    memory[s->memory - 1] = 0;
    return total;
}

static void ep_svdf_run(const ep_svdf *s, const int8_t *in, int16_t *state, int8_t *out)
{
    for (int32_t b = 0; b < s->batches; b++, in += s->inputs)
        for (int32_t u = 0; u < s->units; u++) {
            int64_t total = s->bias[u];
            for (int32_t r = 0; r < s->rank; r++, state += s->memory)
                total += ep_svdf_filter(s, u * s->rank + r, in, state);
            const int32_t q = ep_multiply((int32_t)total, s->to_output, s->to_output_shift);
            *out++ = (int8_t)(ep_clamp(q, -128 - s->zero_point, 127 - s->zero_point) + s->zero_point);
        }
}

#endif
