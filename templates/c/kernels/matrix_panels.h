/* A matrix product by panels, over what ep_widen and ep_panel_run of matrix_<cpu>.h do. */
#ifndef EDGEPACK_MATRIX_PANELS_H
#define EDGEPACK_MATRIX_PANELS_H

/* `count` vectors times the matrix. */
EP_INLINE void ep_matrix_by_panels(const ep_matrix *m, const ep_vectors *v, int32_t count)
{
    ep_panel panel;
    const int joined = v->row_stride == 4 * m->quads; /* The rows are one. */
    const int32_t rows = joined ? 1 : m->rows, run = (joined ? m->rows : 1) * 4 * m->quads, depth = rows * run;
    const int32_t most = ep_panel_height(depth);
    ep_panel_offsets(&panel, 1, depth / 4, 0);
    for (int32_t from = 0; from < count; from += most) {
        const int32_t taken = ep_min(most, count - from);
        const int8_t *in = v->in + from * v->vector_stride;
        for (int32_t i = 0; i < taken; i++, in += v->vector_stride) {
            ep_element *to = panel.elements + i * (depth + EP_SPARE);
            panel.vectors[i] = to;
            for (int32_t row = 0; row < rows; row++)
                to = ep_widen(in + row * v->row_stride, run, to);
        }
        ep_panel_run(m, &panel, taken, v->out + from * v->out_stride, v->out_stride);
    }
}

#endif
