/* From accumulators to int8 on a Cortex-M: a function of its own, whose numbers all stay in registers. */
#ifndef EDGEPACK_REQUANTIZE_DSP_H
#define EDGEPACK_REQUANTIZE_DSP_H

#include "requantize.h"

static EP_APART void ep_requantize_dsp(const ep_requantize *r, int32_t channel, int32_t count, const int32_t *sums,
                                       int8_t *out)
{
    const ep_requantize p = *r; /* So that no store to `out` can change it. */
    ep_requantize_run(&p, channel, count, sums, out);
}

#endif
