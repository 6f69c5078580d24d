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

/* Some of a layer's lines: from `first` to before `last`. */
typedef void ep_lines(void *job, int32_t first, int32_t last);

#if defined(EDGEPACK_THREADS)

typedef struct {
    ep_lines *run;
    void *job;
    int32_t lines, parts;
} ep_shared;

static void ep_shared_part(void *argument, int part)
{
    const ep_shared *const s = argument;
    const int64_t lines = s->lines;
    s->run(s->job, (int32_t)(lines * part / s->parts), (int32_t)(lines * (part + 1) / s->parts));
}

#endif

/* All lines, at once in several threads where that many multiplications are worth it. */
EP_INLINE void ep_share(ep_lines *run, void *job, int32_t lines, int64_t multiplications EP_THREADS_PARAMETER)
{
#if defined(EDGEPACK_THREADS)
    if (threads && threads->parts > 1 && lines > 1 && multiplications >= EP_WORTH_SHARING) {
        ep_shared shared = {run, job, lines, ep_min(threads->parts, lines)};
        threads->run(threads->pool, ep_shared_part, &shared, shared.parts);
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
