// Matrix units for weights of which many are 0: tiles that a list leaves out, and multipliers that choose their values.
#ifndef EDGEPACK_SPARSE_H
#define EDGEPACK_SPARSE_H

#include "edgepack_matrix.h"

namespace ep {

/// The beat that an entry of the list of tiles asks for: its place in the vector (bits 0 to 13). Bit 14 says that the next
/// beat of the vector is read in this cycle; no tile is listed before its beat is there. Bit 15, whether the tile is the
/// last of its group, is for the caller.
template <int STEPS, int SIMD>
inline word<SIMD> beat_at(stream<SIMD> &in, word<SIMD> (&held)[STEPS], counter<STEPS> &filled, uint16_t entry) {
    EP_PRAGMA(INLINE)
    const counter<STEPS> step = static_cast<counter<STEPS>>(entry & 0x3fff);
    word<SIMD> x;
    bool fresh = false;
    if (((entry >> 14) & 1) != 0) {
        x = in.read();
        held[filled] = x;
        fresh = step == filled;
        filled = next<STEPS>(filled);
    }
    if (!fresh) {
        x = held[step];
    }
    return x;
}

/// Bits of an index into OF values, as the generator packs them: a divisor of 8.
constexpr int index_bits(int of) { return of <= 2 ? 1 : (of <= 4 ? 2 : 4); }

/// Bytes that hold the indices of COUNT multipliers.
constexpr int index_bytes(int count, int of) { return (count * index_bits(of) + 7) / 8; }

/// One step of PE rows with multipliers for KEEP of every OF lanes: each chooses its value by an index of its own.
template <int SIMD, int PE, int ACC, bool DSP, int KEEP, int OF>
inline void accumulate_packed(integer<ACC> (&sum)[PE], const word<SIMD> &x, const int8_t (&weight)[PE][SIMD / OF * KEEP],
                              const uint8_t (&index)[index_bytes(PE * (SIMD / OF * KEEP), OF)], bool first) {
    EP_PRAGMA(INLINE)
    const int LANES = SIMD / OF * KEEP;
    const int BITS = index_bits(OF);
    for (int e = 0; e < PE; ++e) {
        EP_PRAGMA(UNROLL)
        integer<ACC> partial = 0;
        for (int l = 0; l < LANES; ++l) {
            EP_PRAGMA(UNROLL)
            integer<8> choices[OF];
            EP_PRAGMA(ARRAY_PARTITION variable = choices complete)
            for (int o = 0; o < OF; ++o) {
                EP_PRAGMA(UNROLL)
                choices[o] = get<SIMD>(x, l / KEEP * OF + o);
            }
            const int bit = (e * LANES + l) * BITS;
            const int chosen = (index[bit / 8] >> (bit % 8)) & ((1 << BITS) - 1);
            partial += multiply<DSP>(choices[chosen], weight[e][l]);
        }
        sum[e] = (first ? static_cast<integer<ACC>>(0) : sum[e]) + partial;
    }
}

/// One step where every lane has its multiplier, and nothing is chosen.
template <int SIMD, int PE, int ACC, bool DSP, int KEEP, int OF>
inline void accumulate_packed(integer<ACC> (&sum)[PE], const word<SIMD> &x, const int8_t (&weight)[PE][SIMD], bool first) {
    EP_PRAGMA(INLINE)
    static_assert(KEEP == OF, "fewer multipliers than lanes need an index");
    accumulate<SIMD, PE, ACC, DSP>(sum, x, weight, first);
}

/// As `matrix`, with multipliers for KEEP of every OF lanes; no run of OF weights in a row holds more that are not 0.
template <int VECTORS, int IN, int OUT, int SIMD, int PE, int ACC, bool DSP, int SETS, int KEEP, int OF>
void matrix_packed(stream<SIMD> &in, stream<PE, ACC> &out,
                   const int8_t (&weight)[SETS * (OUT / PE) * (IN / SIMD)][PE][SIMD / OF * KEEP],
                   const uint8_t (&index)[SETS * (OUT / PE) * (IN / SIMD)][index_bytes(PE * (SIMD / OF * KEEP), OF)]) {
    EP_PRAGMA(INLINE)
    const int STEPS = IN / SIMD;
    const int GROUPS = OUT / PE;
    const int ROWS = SETS * GROUPS * STEPS;
    word<SIMD> held[STEPS];
    integer<ACC> sum[PE];
    EP_PRAGMA(ARRAY_PARTITION variable = sum complete)
    counter<STEPS> step = 0;
    counter<GROUPS> group = 0;
    counter<ROWS> row = 0;
    for (int i = 0; i < VECTORS * GROUPS * STEPS; ++i) {
        EP_PIPELINE(1)
        const word<SIMD> x = read_or_held<STEPS, SIMD>(in, held, step, group == 0);
        accumulate_packed<SIMD, PE, ACC, DSP, KEEP, OF>(sum, x, weight[row], index[row], step == 0);
        row = next<ROWS>(row);
        step = step + 1;
        if (step == STEPS) {
            step = 0;
            group = next<GROUPS>(group);
            out.write(gather<PE, ACC>(sum));
        }
    }
}

/// As `matrix`, without tiles of PE x SIMD weights that are all zero: ROWS are left for one vector of every matrix, and
/// `place` says where each belongs. PASSES is vectors by matrices that take turns. With an `index` the tiles are packed as
/// those of `matrix_packed`, and one with a run of more than KEEP weights is listed as often as that takes.
template <int PASSES, int IN, int SIMD, int PE, int ACC, bool DSP, int ROWS, int KEEP, int OF, typename... INDEX>
void matrix_listed(stream<SIMD> &in, stream<PE, ACC> &out, const int8_t (&weight)[ROWS][PE][SIMD / OF * KEEP],
                   const uint16_t (&place)[ROWS], const INDEX (&... index)[ROWS]) {
    EP_PRAGMA(INLINE)
    word<SIMD> held[IN / SIMD];
    integer<ACC> sum[PE];
    EP_PRAGMA(ARRAY_PARTITION variable = sum complete)
    counter<IN / SIMD> filled = 0;
    counter<ROWS> row = 0;
    bool first = true;
    for (int i = 0; i < PASSES * ROWS; ++i) {
        EP_PIPELINE(1)
        const uint16_t entry = place[row];
        const word<SIMD> x = beat_at<IN / SIMD, SIMD>(in, held, filled, entry);
        accumulate_packed<SIMD, PE, ACC, DSP, KEEP, OF>(sum, x, weight[row], index[row]..., first);
        first = (entry >> 15) != 0;
        if (first) {
            out.write(gather<PE, ACC>(sum));
        }
        row = next<ROWS>(row);
    }
}

}  // namespace ep

#endif
