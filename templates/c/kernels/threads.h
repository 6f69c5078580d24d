/* A layer cut into parts that run at once, where -DEDGEPACK_THREADS asks for it; else one part, in this thread.

   What runs them is the caller's: a `model_threads_t` of model.h. */
#ifndef EDGEPACK_THREADS_H
#define EDGEPACK_THREADS_H

#include "edgepack.h"

#if defined(EDGEPACK_THREADS)
#if defined(__GNUC__)
#define EP_THREADS_PARAMETER , const model_threads_t *threads __attribute__((unused))
#else
#define EP_THREADS_PARAMETER , const model_threads_t *threads
#endif
#define EP_THREADS , threads
#define EP_THREADS_OF(model) , (model)->threads
#else
#define EP_THREADS_PARAMETER
#define EP_THREADS
#define EP_THREADS_OF(model)
#endif

#ifndef EP_WORTH_SHARING
#define EP_WORTH_SHARING 200000 /* Multiplications: some 5 us, what it takes to wake a thread. */
#endif
#ifndef EP_WORTH_TAKING
#define EP_WORTH_TAKING 100000 /* The same of a piece of a part. */
#endif

/* Where a compare and swap is an instruction. */
#if defined(EDGEPACK_THREADS) && defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_4)
#define EP_STEALS
#endif

/* Some of a layer's lines: from `first` to before `last`. */
typedef void ep_lines(void *job, int32_t first, int32_t last);

#if defined(EDGEPACK_THREADS)

#define EP_MOST_PARTS 64

/* Each part has lines of its own, next to each other, which the thread that runs it takes in pieces from the front, and
   after them pieces from the end of other parts: cores are not equally fast, and may be taken away for a while. */
typedef struct {
    ep_lines *run;
    void *job;
    int32_t lines, parts;
    int32_t unit;  /* Lines that ranges count as one: they have 16 bits for each end. */
    int32_t least; /* Units of a piece. */
#if defined(EP_STEALS)
    uint32_t left[EP_MOST_PARTS]; /* Of each part, in units: the first, 16 bits, and the one behind the last. */
#endif
} ep_shared;

EP_INLINE int32_t ep_share_units(const ep_shared *s) { return (s->lines + s->unit - 1) / s->unit; }

EP_INLINE int32_t ep_part_begin(const ep_shared *s, int32_t part)
{
    return (int32_t)((int64_t)ep_share_units(s) * part / s->parts);
}

EP_INLINE void ep_share_run(const ep_shared *s, int32_t first, int32_t last)
{
    s->run(s->job, first * s->unit, ep_min(last * s->unit, s->lines));
}

#if defined(EP_STEALS)

/* Run half of what a part has left, the front or the end of it; whether there was something. */
EP_INLINE int ep_share_piece(ep_shared *s, int32_t part, int front)
{
    uint32_t left = __atomic_load_n(&s->left[part], __ATOMIC_RELAXED), rest;
    int32_t first, last, count;
    do {
        first = (int32_t)(left >> 16), last = (int32_t)(left & 0xffffu);
        if (first == last)
            return 0;
        count = ep_min(ep_max((last - first) / 2, s->least), last - first);
        rest = front ? (uint32_t)(first + count) << 16 | (uint32_t)last : (uint32_t)first << 16 | (uint32_t)(last - count);
    } while (!__atomic_compare_exchange_n(&s->left[part], &left, rest, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    ep_share_run(s, front ? first : last - count, front ? first + count : last);
    return 1;
}

static void ep_shared_part(void *argument, int part)
{
    ep_shared *const s = argument;
    while (ep_share_piece(s, part, 1))
        continue;
    for (int32_t other = part + 1; other < part + s->parts; other++)
        while (ep_share_piece(s, other % s->parts, 0))
            continue;
}

#else

static void ep_shared_part(void *argument, int part)
{
    const ep_shared *const s = argument;
    ep_share_run(s, ep_part_begin(s, part), ep_part_begin(s, part + 1));
}

#endif

EP_INLINE void ep_share_parts(ep_lines *run, void *job, int32_t lines, int64_t multiplications,
                              const model_threads_t *threads)
{
    ep_shared s = {.run = run, .job = job, .lines = lines, .unit = lines / 0x8000 + 1};
    const int32_t units = ep_share_units(&s);
    s.parts = ep_min(ep_min(threads->parts, EP_MOST_PARTS), units);
    s.least = multiplications <= EP_WORTH_TAKING ? units : 1 + (int32_t)((int64_t)EP_WORTH_TAKING * units / multiplications);
#if defined(EP_STEALS)
    for (int32_t part = 0; part < s.parts; part++)
        s.left[part] = (uint32_t)ep_part_begin(&s, part) << 16 | (uint32_t)ep_part_begin(&s, part + 1);
#endif
    threads->run(threads->pool, ep_shared_part, &s, s.parts);
}

#endif

/* All lines, at once in several threads where that many multiplications are worth it. */
EP_INLINE void ep_share(ep_lines *run, void *job, int32_t lines, int64_t multiplications EP_THREADS_PARAMETER)
{
#if defined(EDGEPACK_THREADS)
    if (threads && threads->parts > 1 && lines > 1 && multiplications >= EP_WORTH_SHARING) {
        ep_share_parts(run, job, lines, multiplications, threads);
        return;
    }
#endif
    (void)multiplications;
    run(job, 0, lines);
}

/* Whether there is more than one thread. */
#if defined(EDGEPACK_THREADS)
#define EP_SHARES (threads && threads->parts > 1)
#else
#define EP_SHARES 0
#endif

#endif
