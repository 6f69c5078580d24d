/* Threads for model_use_threads: a small pool of POSIX threads, its state yours. Only with -DEDGEPACK_THREADS -pthread.

       static model_pool_t pool;
       if (model_pool_start(&pool, 2) == 0)
           model_use_threads(&model, &pool.threads);
       ...
       model_pool_stop(&pool);

   One invocation at a time uses a pool. */
#ifndef MODEL_THREADS_H
#define MODEL_THREADS_H

#include "model.h"

#include <pthread.h>

#define MODEL_POOL_MOST 16 /* Threads, the caller's among them. */

typedef struct {
    model_threads_t threads;
    pthread_t helpers[MODEL_POOL_MOST - 1];
    int count; /* Of helpers. */
    void (*task)(void *argument, int part);
    void *argument;
    uint32_t ticket; /* A number of the layer, how many parts it has, the next one: 16, 8 and 8 bits. */
    int left;        /* Parts not yet done. */
    int sleeping;    /* Helpers. */
    int stopping;
    pthread_mutex_t lock;
    pthread_cond_t begun;
} model_pool_t;

/* Start a pool of `threads` threads, the caller's among them. 0, or -1 where they can't be had. */
int model_pool_start(model_pool_t *pool, int threads);

/* End its threads. */
void model_pool_stop(model_pool_t *pool);

#endif
