/* UNIDIRECTIONAL_SEQUENCE_LSTM: int8 in and out, gates in Q3.12, a cell state of 16 bits whose scale is a power of two. */
#ifndef EDGEPACK_LSTM_H
#define EDGEPACK_LSTM_H

#include "gates.h"

typedef struct {
    const int8_t *input, *recurrent;           /* [cells][inputs], [cells][outputs] */
    const int32_t *input_bias, *recurrent_bias; /* With the zero points folded in. */
    const int16_t *peephole;                   /* [cells], or none. */
    int32_t input_multiplier, input_shift;
    int32_t recurrent_multiplier, recurrent_shift;
    int32_t peephole_multiplier, peephole_shift;
} ep_lstm_gate;

typedef struct {
    int32_t steps, batches, time_major;
    int32_t inputs, cells, outputs;
    int32_t coupled; /* The input gate is 1 less the forget gate. */
    ep_lstm_gate input_gate, forget_gate, cell_gate, output_gate;
    int32_t cell_shift; /* The cell state's scale is 2 to this power. */
    int32_t cell_clip;  /* 0 for none. */
    int32_t hidden_multiplier, hidden_shift, hidden_zero;
    const int8_t *projection; /* [outputs][cells], or none: the hidden state is the output. */
    const int32_t *projection_bias;
    int32_t projection_multiplier, projection_shift;
    int32_t zero_point;
    int32_t clip; /* Of the projection, 0 for none. */
} ep_lstm;

EP_INLINE int32_t ep_lstm_dot(int32_t sum, const int8_t *x, const int8_t *w, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        sum += x[i] * w[i];
    return sum;
}

EP_INLINE int32_t ep_lstm_word(int32_t v) { return ep_clamp(v, -32768, 32767); }

/* The argument of a gate of cell `c`; `seen` is its place among the cells that see their own state. */
EP_INLINE int32_t ep_lstm_argument(const ep_lstm *l, const ep_lstm_gate *g, int32_t c, const int8_t *x,
                                   const int8_t *before, int32_t cell, int32_t seen)
{
    const int32_t in = ep_lstm_dot(g->input_bias[c], x, g->input + (ptrdiff_t)c * l->inputs, l->inputs);
    const int32_t back = ep_lstm_dot(g->recurrent_bias[c], before, g->recurrent + (ptrdiff_t)c * l->outputs, l->outputs);
    int32_t v = ep_lstm_word(ep_multiply(in, g->input_multiplier, g->input_shift));
    v = ep_lstm_word(v + ep_multiply(back, g->recurrent_multiplier, g->recurrent_shift));
    if (g->peephole && seen < l->batches * l->outputs)
        v = ep_lstm_word(v + ep_multiply(cell * g->peephole[seen % l->outputs], g->peephole_multiplier,
                                         g->peephole_shift));
    return v;
}

/* One cell, one step: its new state, and what it shows of it. */
EP_INLINE int32_t ep_lstm_cell(const ep_lstm *l, int32_t c, int32_t seen, const int8_t *x, const int8_t *before,
                               int16_t *cell)
{
    const int32_t old = *cell;
    const int32_t forget = ep_gate_logistic(ep_lstm_argument(l, &l->forget_gate, c, x, before, old, seen));
    const int32_t let_in = l->coupled ? 32767 - forget
        : ep_gate_logistic(ep_lstm_argument(l, &l->input_gate, c, x, before, old, seen));
    const int32_t candidate = ep_gate_tanh(ep_lstm_argument(l, &l->cell_gate, c, x, before, old, seen), 3);
    int32_t state = ep_divide_pow2(forget * old, 15) + ep_divide_pow2(let_in * candidate, 30 + l->cell_shift);
    state = ep_lstm_word(state);
    if (l->cell_clip > 0)
        state = ep_clamp(state, -l->cell_clip, l->cell_clip);
    *cell = (int16_t)state;
    const int32_t shown = ep_gate_logistic(ep_lstm_argument(l, &l->output_gate, c, x, before, state, seen));
    const int32_t v = shown * ep_gate_tanh(state, 15 + l->cell_shift);
    return ep_clamp(ep_multiply(v, l->hidden_multiplier, l->hidden_shift) + l->hidden_zero, -128, 127);
}

EP_INLINE void ep_lstm_project(const ep_lstm *l, const int8_t *hidden, int8_t *out)
{
    for (int32_t o = 0; o < l->outputs; o++) {
        const int32_t sum = ep_lstm_dot(l->projection_bias[o], hidden, l->projection + (ptrdiff_t)o * l->cells, l->cells);
        const int32_t q = ep_multiply(sum, l->projection_multiplier, l->projection_shift) + l->zero_point;
        const int32_t inside = ep_clamp(q, -128, 127);
        out[o] = (int8_t)(l->clip > 0 ? ep_clamp(inside, -l->clip, l->clip) : inside);
    }
}

static void ep_lstm_run(const ep_lstm *l, const int8_t *in, int8_t *output_state, int16_t *cell_state, int8_t *out,
                        int8_t *hidden)
{
    for (int32_t step = 0; step < l->steps; step++)
        for (int32_t b = 0; b < l->batches; b++) {
            const int32_t row = l->time_major ? step * l->batches + b : b * l->steps + step;
            const int8_t *const x = in + (ptrdiff_t)row * l->inputs;
            int8_t *const before = output_state + (ptrdiff_t)b * l->outputs, *const y = out + (ptrdiff_t)row * l->outputs;
            int8_t *const shown = l->projection ? hidden : y;
            for (int32_t c = 0; c < l->cells; c++)
                shown[c] = (int8_t)ep_lstm_cell(l, c, b * l->cells + c, x, before, cell_state + b * l->cells + c);
            if (l->projection)
                ep_lstm_project(l, hidden, y);
            memcpy(before, y, (size_t)l->outputs);
        }
}

#endif
