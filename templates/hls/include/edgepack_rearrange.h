// Any order of values: slices, transpositions, mirrors, nearest pixels, blocks, zeros in between.
#ifndef EDGEPACK_REARRANGE_H
#define EDGEPACK_REARRANGE_H

#include "edgepack_stream.h"

namespace ep {

/// Beat (i, j, k, l) of the output is beat a[i] + b[j] + c[k] + d[l] of the input, or `fill` where that is negative.
///
/// An iteration reads a beat where the next one to write is not here yet, else it writes; the rest of the frame is read at
/// the end. ROOM beats are kept: all of them, or a power of two that no later beat reaches behind.
template <int IN, int ROOM, int I, int J, int K, int L, int LANES>
void rearrange(stream<LANES> &in, stream<LANES> &out, const int32_t (&a)[I], const int32_t (&b)[J], const int32_t (&c)[K],
               const int32_t (&d)[L], int fill) {
    const int OUT = I * J * K * L;
    word<LANES> kept[ROOM];
    EP_PRAGMA(BIND_STORAGE variable = kept type = ram_s2p)
    word<LANES> outside;
    for (int lane = 0; lane < LANES; ++lane) {
        EP_PRAGMA(UNROLL)
        put<LANES>(outside, lane, static_cast<integer<8>>(fill));
    }
    counter<I> i = 0;
    counter<J> j = 0;
    counter<K> k = 0;
    counter<L> l = 0;
    int32_t loaded = 0;
    counter<ROOM> store = 0;
    bool done = false;
    for (int n = 0; n < IN + OUT; ++n) {
        EP_PIPELINE(1)
        EP_PRAGMA(DEPENDENCE variable = kept inter false)
        const int32_t from = a[i] + b[j] + c[k] + d[l];
        if (done || from >= loaded) {
            kept[store] = in.read();
            store = next<ROOM>(store);
            loaded = loaded + 1;
        } else {
            const int32_t place = ROOM < IN ? from & (ROOM - 1) : from;
            out.write(from < 0 ? outside : kept[from < 0 ? 0 : place]);
            l = next<L>(l);
            if (l == 0) {
                k = next<K>(k);
                if (k == 0) {
                    j = next<J>(j);
                    if (j == 0) {
                        i = next<I>(i);
                        done = i == 0;
                    }
                }
            }
        }
    }
}

/// BEATS beats of a constant, REPEAT times.
template <int REPEAT, int BEATS, int LANES>
void constant(stream<LANES> &out, const int8_t (&values)[BEATS][LANES]) {
    counter<BEATS> beat = 0;
    for (int i = 0; i < REPEAT * BEATS; ++i) {
        EP_PIPELINE(1)
        word<LANES> x;
        for (int lane = 0; lane < LANES; ++lane) {
            EP_PRAGMA(UNROLL)
            put<LANES>(x, lane, values[beat][lane]);
        }
        out.write(x);
        beat = next<BEATS>(beat);
    }
}

}  // namespace ep

#endif
