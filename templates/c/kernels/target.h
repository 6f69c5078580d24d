/* Which vector instructions the kernels use. Every choice computes the same integers. */
#ifndef EDGEPACK_TARGET_H
#define EDGEPACK_TARGET_H

#if defined(EDGEPACK_PORTABLE)
#define EP_AVX512 0
#elif defined(__AVX512VNNI__) && defined(__AVX512VL__) && defined(__AVX512BW__) && defined(__AVX512DQ__)
#define EP_AVX512 1
#else
#define EP_AVX512 0
#endif

/* Loops over registers must vanish. */
#if defined(__clang__)
#define EP_UNROLL _Pragma("clang loop unroll(full)")
#else
#define EP_UNROLL _Pragma("GCC unroll 16")
#endif

#endif
