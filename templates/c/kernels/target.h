/* Which vector instructions the kernels use: one of these is 1, or none. Every choice computes the same integers.

   A kernel <kernel>.h includes <kernel>_<set>.h where there is one for the set, and runs its portable C where there is
   none. -DEDGEPACK_PORTABLE leaves all of them out, for the smallest code. */
#ifndef EDGEPACK_TARGET_H
#define EDGEPACK_TARGET_H

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && !defined(EDGEPACK_PORTABLE)
#define EP_VECTORS 1
#else
#define EP_VECTORS 0
#endif

#if EP_VECTORS && defined(__AVX512VNNI__) && defined(__AVX512VL__) && defined(__AVX512BW__) && defined(__AVX512DQ__)
#define EP_AVX512 1
#else
#define EP_AVX512 0
#endif

#if EP_VECTORS && !EP_AVX512 && defined(__AVX2__)
#define EP_AVX2 1
#else
#define EP_AVX2 0
#endif

#if EP_VECTORS && defined(__ARM_NEON)
#define EP_NEON 1
#else
#define EP_NEON 0
#endif

/* Dot products of four bytes, on top of NEON. */
#if EP_NEON && defined(__ARM_FEATURE_DOTPROD)
#define EP_DOTPROD 1
#else
#define EP_DOTPROD 0
#endif

/* Pairs of halfwords in the ordinary registers: Cortex-M4, M7, M33, ARMv6, where words may lie anywhere. */
#if EP_VECTORS && !EP_NEON && defined(__ARM_FEATURE_SIMD32) && defined(__ARM_FEATURE_UNALIGNED)
#define EP_DSP 1
#else
#define EP_DSP 0
#endif

/* Plain C all the same, but with room on the stack for what compilers make vectors of. */
#if EP_VECTORS && !EP_AVX512 && !EP_AVX2 && !EP_NEON && \
    (defined(__SSE2__) || defined(__riscv_vector) || defined(__wasm_simd128__) || defined(__ALTIVEC__))
#define EP_WIDENS 1
#else
#define EP_WIDENS 0
#endif
#define EP_PANELS (EP_AVX512 || EP_AVX2 || EP_WIDENS)

/* Outputs whose weights lie together, quad by quad: [blocks of 16 outputs][rows][quads][16][4]. */
#define EP_BLOCK 16

/* Loops over registers must vanish. What is asked of a loop is a wish: where a sanitizer's checks stand in its way Clang
   would say so, and -Werror stop. */
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed"
#define EP_UNROLL _Pragma("clang loop unroll(full)")
#else
#define EP_UNROLL _Pragma("GCC unroll 16")
#endif

/* Before a loop that reads each element before it writes the one in its place, as operators in place do: no vector
   depends on another, whether or not arrays lie apart. */
#if defined(__clang__)
#define EP_ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define EP_ELEMENTWISE _Pragma("GCC ivdep")
#else
#define EP_ELEMENTWISE
#endif

/* Loops over the few things that vectors leave over. */
#if defined(__clang__)
#define EP_ROLLED _Pragma("clang loop vectorize(disable) unroll(disable)")
#else
#define EP_ROLLED
#endif

#endif
