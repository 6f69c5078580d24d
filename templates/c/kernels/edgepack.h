/* What every kernel stands on: the machine's assumptions, stated, and a few words. */
#ifndef EDGEPACK_H
#define EDGEPACK_H

#include <float.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>

/* A compiler for bare systems may come without <string.h>: of it the code needs no more than this. */
#if defined(__has_include)
#if !__has_include(<string.h>)
#define EP_WITHOUT_STRING_H
#endif
#endif
#if defined(EP_WITHOUT_STRING_H)
void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);
#else
#include <string.h>
#endif

/* C99 has no _Static_assert; GCC and Clang know it there, others get an array of negative size. */
#if defined(__GNUC__)
#define EP_ASSERT(condition, name) __extension__ _Static_assert(condition, #name)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define EP_ASSERT(condition, name) _Static_assert(condition, #name)
#else
#define EP_ASSERT(condition, name) typedef char ep_assert_##name[(condition) ? 1 : -1]
#endif

EP_ASSERT(CHAR_BIT == 8 && sizeof(int) >= 4, int_has_32_bits_or_more);
EP_ASSERT((-5 >> 1) == -3, right_shift_keeps_the_sign);
EP_ASSERT((int8_t)200 == -56, conversion_wraps);

#if defined(__GNUC__)
#define EP_INLINE static inline __attribute__((always_inline))
#else
#define EP_INLINE static inline
#endif

/* Functions that shall not be merged into their callers, for the sake of those' registers or of size. */
#if defined(__GNUC__)
#define EP_APART __attribute__((noinline))
#else
#define EP_APART
#endif

EP_INLINE int32_t ep_min(int32_t a, int32_t b) { return a < b ? a : b; }
EP_INLINE int32_t ep_max(int32_t a, int32_t b) { return a > b ? a : b; }
EP_INLINE int32_t ep_clamp(int32_t v, int32_t low, int32_t high) { return ep_min(ep_max(v, low), high); }

#endif
