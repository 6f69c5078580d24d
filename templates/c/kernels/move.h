/* Elements that move and do not change: runs of bytes from one strided array to another. */
#ifndef EDGEPACK_MOVE_H
#define EDGEPACK_MOVE_H

#include "edgepack.h"

typedef struct {
    int32_t in, out; /* Bytes to the first run. */
    int32_t run;     /* Bytes. */
    int32_t dims[6], in_strides[6], out_strides[6]; /* Of runs, outermost first; strides in bytes. */
} ep_move;

EP_INLINE void ep_move_one(uint8_t *to, const uint8_t *from, int32_t run)
{
    if (run == 1)
        *to = *from;
    else
        memcpy(to, from, (size_t)run);
}

static void ep_move_run(const ep_move *m, const void *in, void *out)
{
    const int32_t outer = m->dims[0] * m->dims[1] * m->dims[2] * m->dims[3];
    for (int32_t i = 0; i < outer; i++) {
        const uint8_t *from = (const uint8_t *)in + m->in;
        uint8_t *to = (uint8_t *)out + m->out;
        int32_t rest = i;
        for (int32_t d = 3; d >= 0; d--) {
            from += (ptrdiff_t)(rest % m->dims[d]) * m->in_strides[d];
            to += (ptrdiff_t)(rest % m->dims[d]) * m->out_strides[d];
            rest /= m->dims[d];
        }
        for (int32_t j = 0; j < m->dims[4]; j++, from += m->in_strides[4], to += m->out_strides[4])
            for (int32_t k = 0; k < m->dims[5]; k++)
                ep_move_one(to + (ptrdiff_t)k * m->out_strides[5], from + (ptrdiff_t)k * m->in_strides[5], m->run);
    }
}

#endif
