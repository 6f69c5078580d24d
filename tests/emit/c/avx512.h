/* AVX-512 VNNI in plain C, for CPUs without it: SIMDe's functions under the compiler's names, and the few that SIMDe 0.7.4
   has not. To be put before a source by -include; it claims the instruction sets afterwards, so that SIMDe, which asks
   for them itself, does not count on them. */
#ifndef EDGEPACK_TEST_AVX512_H
#define EDGEPACK_TEST_AVX512_H

#define SIMDE_ENABLE_NATIVE_ALIASES
#define SIMDE_NO_INLINE /* Which takes compilers a minute. */
#include <simde/x86/avx512.h>

#include <string.h>

#define EMULATED static __attribute__((unused))

EMULATED __m512i emulated_load(uint64_t mask, const void *from)
{
    uint8_t bytes[64] = {0};
    for (int i = 0; i < 64; i++)
        if (mask >> i & 1)
            bytes[i] = ((const uint8_t *)from)[i];
    __m512i v;
    memcpy(&v, bytes, sizeof v);
    return v;
}

/* The lowest bytes of a vector of any size. */
EMULATED void emulated_store(void *to, uint64_t mask, const void *v)
{
    for (int i = 0; i < 64; i++)
        if (mask >> i & 1)
            ((uint8_t *)to)[i] = ((const uint8_t *)v)[i];
}

#define _mm512_maskz_loadu_epi8(mask, from) emulated_load(mask, from)
#define _mm512_mask_storeu_epi8(to, mask, v) emulated_store(to, mask, (const __m512i[]){v})
#define _mm256_mask_storeu_epi8(to, mask, v) emulated_store(to, (uint32_t)(mask), (const __m256i[]){v})
#define _mm_mask_storeu_epi8(to, mask, v) emulated_store(to, (uint16_t)(mask), (const __m128i[]){v})

/* Of 16 numbers, one after the other. */
#define EMULATED16(type, expression)          \
    int32_t x[16], y[16];                     \
    memcpy(x, &a, sizeof x);                  \
    memcpy(y, &b, sizeof y);                  \
    type to[16];                              \
    for (int i = 0; i < 16; i++)              \
        to[i] = (type)(expression);           \
    memcpy(&a, to, sizeof a);                 \
    return a

EMULATED __m512i emulated_right(__m512i a, __m512i b) { EMULATED16(int32_t, x[i] >> ((uint32_t)y[i] > 31 ? 31 : y[i])); }

EMULATED __m512i emulated_left(__m512i a, __m512i b)
{
    EMULATED16(int32_t, (uint32_t)y[i] > 31 ? 0 : (int32_t)((uint32_t)x[i] << y[i]));
}

EMULATED __m512i emulated_masked(uint16_t mask, __m512i a)
{
    const __m512i b = a;
    EMULATED16(int32_t, mask >> i & 1 ? x[i] : 0 * y[i]);
}

EMULATED int32_t emulated_sum(__m512i a)
{
    uint32_t x[16], total = 0;
    memcpy(x, &a, sizeof x);
    for (int i = 0; i < 16; i++)
        total += x[i];
    return (int32_t)total;
}

EMULATED __m512 emulated_real(__m512i a)
{
    int32_t x[16];
    float to[16];
    memcpy(x, &a, sizeof x);
    for (int i = 0; i < 16; i++)
        to[i] = (float)x[i];
    __m512 v;
    memcpy(&v, to, sizeof v);
    return v;
}

/* To even; what fits no int32 becomes the least. */
EMULATED __m512i emulated_whole(__m512 a)
{
    float x[16];
    int32_t to[16];
    memcpy(x, &a, sizeof x);
    for (int i = 0; i < 16; i++) {
        const float far = 12582912.0f; /* 1.5 * 2^23: numbers around it are whole. */
        const float r = x[i] > -4e6f && x[i] < 4e6f ? x[i] + far - far : x[i];
        to[i] = r >= -2147483648.0f && r < 2147483648.0f ? (int32_t)r : INT32_MIN;
    }
    __m512i v;
    memcpy(&v, to, sizeof v);
    return v;
}

EMULATED __m512i emulated_extended(__m128i a)
{
    int8_t x[16];
    int32_t to[16];
    memcpy(x, &a, sizeof x);
    for (int i = 0; i < 16; i++)
        to[i] = x[i];
    __m512i v;
    memcpy(&v, to, sizeof v);
    return v;
}

#define _mm512_srav_epi32(a, b) emulated_right(a, b)
#define _mm512_maskz_sllv_epi32(mask, a, b) emulated_masked(mask, emulated_left(a, b))
#define _mm512_maskz_srai_epi32(mask, a, by) emulated_masked(mask, emulated_right(a, _mm512_set1_epi32(by)))
#define _mm512_reduce_add_epi32(a) emulated_sum(a)
#define _mm512_cvtepi32_ps(a) emulated_real(a)
#define _mm512_cvt_roundps_epi32(a, how) emulated_whole(a)
#define _mm512_cvtepi8_epi32(a) emulated_extended(a)
#ifndef _MM_FROUND_NO_EXC
#define _MM_FROUND_NO_EXC 8
#endif

/* The compiler's own header, of GCC or Clang, would declare the same names. */
#define _IMMINTRIN_H_INCLUDED
#define __IMMINTRIN_H

typedef uint16_t __mmask16;
typedef uint32_t __mmask32;
typedef uint64_t __mmask64;

#define __AVX512VNNI__ 1
#define __AVX512VL__ 1
#define __AVX512BW__ 1
#define __AVX512DQ__ 1

#endif
