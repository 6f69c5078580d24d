/* memcpy, memmove and memset, for a program or library that is linked without a C library. A firmware brings its own. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);

/* Keeps a compiler from seeing one of them in a loop, and calling them. */
#define KEEP __asm__ volatile("" ::: "memory")

/* What is moved at once: sixteen bytes where a CPU reads them at any address, else a word where both ends allow. */
#if defined(__x86_64__) || defined(__aarch64__)
typedef struct {
    uint64_t low, high;
} __attribute__((packed, aligned(1), may_alias)) block;
#define FITS(to, from) 1
#else
typedef uint32_t __attribute__((may_alias)) block;
#define FITS(to, from) ((((uintptr_t)(to) | (uintptr_t)(from)) & (sizeof(block) - 1u)) == 0)
#endif

void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    if (FITS(d, s))
        for (; count >= sizeof(block); count -= sizeof(block), d += sizeof(block), s += sizeof(block)) {
            *(block *)(void *)d = *(const block *)(const void *)s;
            KEEP;
        }
    for (; count; count--) {
        *d++ = *s++;
        KEEP;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t count)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    if (d <= s || d >= s + count)
        return memcpy(to, from, count);
    while (count) {
        count--;
        d[count] = s[count];
        KEEP;
    }
    return to;
}

void *memset(void *to, int value, size_t count)
{
    uint8_t *d = to;
    for (; count; count--) {
        *d++ = (uint8_t)value;
        KEEP;
    }
    return to;
}
