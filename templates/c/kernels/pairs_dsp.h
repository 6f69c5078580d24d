/* Pairs of halfwords in a word: what Cortex-M4, M7, M33 and ARMv6 multiply at once. */
#ifndef EDGEPACK_PAIRS_DSP_H
#define EDGEPACK_PAIRS_DSP_H

#include "edgepack.h"

/* Four bytes, wherever they lie. */
EP_INLINE int32_t ep_word(const int8_t *at)
{
    int32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Two halfwords, wherever they lie. */
EP_INLINE int32_t ep_two(const int16_t *at)
{
    int32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* The lower halfwords of both, and the upper ones. */
EP_INLINE int32_t ep_lower_both(int32_t first, int32_t second)
{
    int32_t pair;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(first), "r"(second));
    return pair;
}

EP_INLINE int32_t ep_upper_both(int32_t first, int32_t second)
{
    int32_t pair;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(pair) : "r"(second), "r"(first));
    return pair;
}

/* Bytes 0 and 2 as halfwords. */
EP_INLINE int32_t ep_even(int32_t bytes)
{
    int32_t pair;
    __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(bytes));
    return pair;
}

/* Bytes 1 and 3 as halfwords. */
EP_INLINE int32_t ep_odd(int32_t bytes)
{
    int32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(bytes));
    return pair;
}

/* sum + both products. */
EP_INLINE int32_t ep_add_both(int32_t a, int32_t b, int32_t sum)
{
    int32_t total;
    __asm__("smlad %0, %1, %2, %3" : "=r"(total) : "r"(a), "r"(b), "r"(sum));
    return total;
}

/* sum + the product of the lower halfwords. */
EP_INLINE int32_t ep_add_lower(int32_t a, int32_t b, int32_t sum)
{
    int32_t total;
    __asm__("smlabb %0, %1, %2, %3" : "=r"(total) : "r"(a), "r"(b), "r"(sum));
    return total;
}

/* sum + the product of the upper halfwords. */
EP_INLINE int32_t ep_add_upper(int32_t a, int32_t b, int32_t sum)
{
    int32_t total;
    __asm__("smlatt %0, %1, %2, %3" : "=r"(total) : "r"(a), "r"(b), "r"(sum));
    return total;
}

/* sum + the product of the upper halfword of `a` and the lower one of `b`. */
EP_INLINE int32_t ep_add_crossed(int32_t a, int32_t b, int32_t sum)
{
    int32_t total;
    __asm__("smlatb %0, %1, %2, %3" : "=r"(total) : "r"(a), "r"(b), "r"(sum));
    return total;
}

/* round(a * b / 2^32), ties upwards. */
EP_INLINE int32_t ep_nearest_high(int32_t a, int32_t b)
{
    int32_t high;
    __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(a), "r"(b));
    return high;
}

/* The nearest number of int8. */
EP_INLINE int32_t ep_saturated(int32_t v)
{
    int32_t near;
    __asm__("ssat %0, #8, %1" : "=r"(near) : "r"(v));
    return near;
}

/* Both halfwords of the sum plus bytes 0 and 2, and plus bytes 1 and 3. */
EP_INLINE int32_t ep_add_even(int32_t sum, int32_t bytes)
{
    int32_t total;
    __asm__("sxtab16 %0, %1, %2" : "=r"(total) : "r"(sum), "r"(bytes));
    return total;
}

EP_INLINE int32_t ep_add_odd(int32_t sum, int32_t bytes)
{
    int32_t total;
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(total) : "r"(sum), "r"(bytes));
    return total;
}

/* Of each byte the larger one, and the smaller one. */
EP_INLINE int32_t ep_larger_bytes(int32_t a, int32_t b)
{
    int32_t most;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(most) : "r"(a), "r"(b));
    return most;
}

EP_INLINE int32_t ep_smaller_bytes(int32_t a, int32_t b)
{
    int32_t least;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(least) : "r"(a), "r"(b));
    return least;
}

#endif
