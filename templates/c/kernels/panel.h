/* Vectors in the form that products take, on the stack, for all weights to pass over: widened to 16 bits, or made
   unsigned. `ep_element` and EP_OFFSET, which is added to each, are those of matrix_<cpu>.h; EP_TILE vectors are
   multiplied at once. */
#ifndef EDGEPACK_PANEL_H
#define EDGEPACK_PANEL_H

#include "edgepack.h"

#define EP_SPARE 16 /* Elements between two vectors: strides of a power of two would share cache lines. */
#define EP_ROOM (32768 / (int32_t)sizeof(ep_element))
#define EP_PANEL (EP_TILE * (EP_DEPTH + EP_SPARE) > EP_ROOM ? EP_TILE * (EP_DEPTH + EP_SPARE) : EP_ROOM)
#define EP_PIXELS (32 * EP_TILE)

/* Vectors: where each begins, and where each quad lies from there on. */
typedef struct {
    ep_element elements[EP_PANEL];
    const ep_element *vectors[EP_PIXELS];
    int32_t offsets[EP_DEPTH / 4];
    int32_t steps; /* Quads of a vector. */
} ep_panel;

/* Vectors of `rows` runs of `quads`, the runs `row_stride` elements apart. */
EP_INLINE void ep_panel_offsets(ep_panel *p, int32_t rows, int32_t quads, int32_t row_stride)
{
    p->steps = 0;
    for (int32_t row = 0; row < rows; row++)
        for (int32_t quad = 0; quad < quads; quad++)
            p->offsets[p->steps++] = row * row_stride + 4 * quad;
}

/* The quads of one block of outputs: their weights, and where each lies in a vector. */
typedef struct {
    const int8_t *weights;
    const int32_t *offsets;
    int32_t steps;
} ep_quads;

/* `room` is for the offsets of a block that lacks some. */
EP_INLINE ep_quads ep_block_quads(const ep_matrix *m, const ep_panel *p, int32_t block, int32_t *room)
{
    ep_quads q = {ep_block_weights(m, block), p->offsets, p->steps};
#if EP_SKIPS
    if (m->steps) {
        const uint16_t *const steps = m->steps + m->starts[block];
        q.offsets = room;
        q.steps = m->starts[block + 1] - m->starts[block];
        for (int32_t i = 0; i < q.steps; i++)
            room[i] = p->offsets[steps[i]];
    }
#endif
    (void)room;
    return q;
}

/* How many vectors of `depth` elements fit, each on its own. */
EP_INLINE int32_t ep_panel_height(int32_t depth)
{
    const int32_t room = ep_min(EP_PANEL / (depth + EP_SPARE), EP_PIXELS);
    return room > EP_TILE ? room / EP_TILE * EP_TILE : room;
}

#endif
