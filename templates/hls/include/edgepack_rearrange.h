// Any order of values: slices, transpositions, mirrors, nearest pixels, blocks, zeros in between.
#ifndef EDGEPACK_REARRANGE_H
#define EDGEPACK_REARRANGE_H

#include "edgepack_stream.h"

namespace ep {

/// Four counters, the last the fastest.
template <int I, int J, int K, int L>
struct place_counter {
    counter<I> i;
    counter<J> j;
    counter<K> k;
    counter<L> l;

    void next() {
        EP_PRAGMA(INLINE)
        l = ep::next<L>(l);
        if (l == 0) {
            k = ep::next<K>(k);
            if (k == 0) {
                j = ep::next<J>(j);
                if (j == 0) {
                    i = ep::next<I>(i);
                }
            }
        }
    }
};

/// Beat (i, j, k, l) of the output is beat a[i] + b[j] + c[k] + d[l] of the input, or `fill` where that is negative.
///
/// An iteration reads a beat where the next one to write is not here yet, else it writes; the rest of the frame is read at
/// the end. ROOM beats are kept: all of them, or a power of two that no later beat reaches behind. Where the beat after the
/// next comes from is looked up while that one waits: what decides an iteration is a comparison of two registers.
template <int IN, int ROOM, int I, int J, int K, int L, int LANES>
void rearrange(stream<LANES> &in, stream<LANES> &out, const int32_t (&a)[I], const int32_t (&b)[J], const int32_t (&c)[K],
               const int32_t (&d)[L], int fill) {
    EP_PRAGMA(INLINE)
    EP_PRAGMA(BIND_STORAGE variable = a type = rom_1p impl = lutram)
    EP_PRAGMA(BIND_STORAGE variable = b type = rom_1p impl = lutram)
    EP_PRAGMA(BIND_STORAGE variable = c type = rom_1p impl = lutram)
    EP_PRAGMA(BIND_STORAGE variable = d type = rom_1p impl = lutram)
    const int OUT = I * J * K * L;
    word<LANES> kept[ROOM];
    EP_PRAGMA(BIND_STORAGE variable = kept type = ram_s2p)
    word<LANES> outside;
    for (int lane = 0; lane < LANES; ++lane) {
        EP_PRAGMA(UNROLL)
        put<LANES>(outside, lane, static_cast<integer<8>>(fill));
    }
    int32_t from = a[0] + b[0] + c[0] + d[0];  // of the beat to write next
    place_counter<I, J, K, L> after = {0, 0, 0, 0};
    after.next();
    counter<OUT> left = OUT;
    counter<IN> loaded = 0;
    counter<ROOM> store = 0;
    for (int n = 0; n < IN + OUT; ++n) {
        EP_PIPELINE(1)
        if (left == 0 || from >= loaded) {
            kept[store] = in.read();
            store = next<ROOM>(store);
            loaded = loaded + 1;
        } else {
            const int32_t place = ROOM < IN ? from & (ROOM - 1) : from;
            out.write(from < 0 ? outside : kept[from < 0 ? 0 : place]);
            from = a[after.i] + b[after.j] + c[after.k] + d[after.l];
            after.next();
            left = left - 1;
        }
    }
}

/// BEATS beats of a constant, REPEAT times.
template <int REPEAT, int BEATS, int LANES>
void constant(stream<LANES> &out, const int8_t (&values)[BEATS][LANES]) {
    EP_PRAGMA(INLINE)
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
