/* See threads.h. Helpers wait for the next layer in a short loop, and then asleep: layers follow each other within
   microseconds. */
#if !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#include "threads.h"

#include <sched.h>

#define TRIES 20000

static uint32_t next_of(uint32_t ticket) { return ticket & 255u; }
static uint32_t parts_of(uint32_t ticket) { return (ticket >> 8) & 255u; }

static int waiting(const model_pool_t *pool)
{
    const uint32_t ticket = __atomic_load_n(&pool->ticket, __ATOMIC_SEQ_CST);
    return next_of(ticket) < parts_of(ticket);
}

/* Take parts until none is left. A ticket is taken whole, so that none is taken twice, whichever layer it is of. */
static void work(model_pool_t *pool)
{
    uint32_t ticket = __atomic_load_n(&pool->ticket, __ATOMIC_ACQUIRE);
    while (next_of(ticket) < parts_of(ticket)) {
        if (!__atomic_compare_exchange_n(&pool->ticket, &ticket, ticket + 1u, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            continue;
        pool->task(pool->argument, (int)next_of(ticket));
        __atomic_sub_fetch(&pool->left, 1, __ATOMIC_ACQ_REL);
        ticket = __atomic_load_n(&pool->ticket, __ATOMIC_ACQUIRE);
    }
}

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int asleep(model_pool_t *pool)
{
    pthread_mutex_lock(&pool->lock);
    __atomic_add_fetch(&pool->sleeping, 1, __ATOMIC_SEQ_CST);
    while (!waiting(pool) && !pool->stopping)
        pthread_cond_wait(&pool->begun, &pool->lock);
    __atomic_sub_fetch(&pool->sleeping, 1, __ATOMIC_SEQ_CST);
    const int stopping = pool->stopping;
    pthread_mutex_unlock(&pool->lock);
    return !stopping;
}

/* Whether a layer came within the time that helpers look for one. */
static int comes_soon(const model_pool_t *pool)
{
    int i = 0;
    while (i < TRIES && !waiting(pool)) {
        pause_briefly();
        i++;
    }
    return i < TRIES;
}

static void *helper(void *argument)
{
    model_pool_t *const pool = argument;
    while (comes_soon(pool) || asleep(pool))
        work(pool);
    return NULL;
}

static void wake(model_pool_t *pool)
{
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->begun);
    pthread_mutex_unlock(&pool->lock);
}

static void run(void *argument, void (*task)(void *argument, int part), void *given, int parts)
{
    model_pool_t *const pool = argument;
    /* Atomic: a helper that comes late may still try for a part of the layer before. */
    const uint32_t layer = (__atomic_load_n(&pool->ticket, __ATOMIC_RELAXED) >> 16) + 1u;
    pool->task = task;
    pool->argument = given;
    __atomic_store_n(&pool->left, parts, __ATOMIC_RELAXED);
    __atomic_store_n(&pool->ticket, layer << 16 | (uint32_t)parts << 8, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&pool->sleeping, __ATOMIC_SEQ_CST))
        wake(pool);
    work(pool);
    for (int i = 0; __atomic_load_n(&pool->left, __ATOMIC_ACQUIRE); i++) {
        if (i < TRIES)
            pause_briefly();
        else
            sched_yield();
    }
}

int model_pool_start(model_pool_t *pool, int threads)
{
    if (threads < 1 || threads > MODEL_POOL_MOST)
        return -1;
    const model_threads_t shared = {run, pool, threads};
    pool->threads = shared;
    pool->count = 0;
    pool->ticket = 0;
    pool->left = pool->sleeping = pool->stopping = 0;
    if (pthread_mutex_init(&pool->lock, NULL))
        return -1;
    if (pthread_cond_init(&pool->begun, NULL)) {
        pthread_mutex_destroy(&pool->lock);
        return -1;
    }
    for (; pool->count < threads - 1; pool->count++)
        if (pthread_create(&pool->helpers[pool->count], NULL, helper, pool)) {
            model_pool_stop(pool);
            return -1;
        }
    return 0;
}

void model_pool_stop(model_pool_t *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->stopping = 1;
    pthread_mutex_unlock(&pool->lock);
    wake(pool);
    for (int i = 0; i < pool->count; i++)
        pthread_join(pool->helpers[i], NULL);
    pthread_cond_destroy(&pool->begun);
    pthread_mutex_destroy(&pool->lock);
}
