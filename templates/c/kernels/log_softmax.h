/* LOG_SOFTMAX of int8 over the innermost dimension, in steps of 1/16 from 127 downwards. */
#ifndef EDGEPACK_LOG_SOFTMAX_H
#define EDGEPACK_LOG_SOFTMAX_H

#include "edgepack.h"

EP_INLINE int32_t ep_log_softmax_largest(const int8_t *in, int32_t depth)
{
    int32_t largest = in[0];
    for (int32_t i = 1; i < depth; i++)
        largest = ep_max(largest, in[i]);
    return largest;
}

#endif
