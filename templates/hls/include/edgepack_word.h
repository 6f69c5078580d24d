// Words, integers and pragmas: the only file that knows which compiler reads it.
//
// A stream carries unsigned integer words; lane i of a word holds bits [BITS * i, BITS * (i + 1)), signed. With a vendor's
// HLS compiler (EP_VENDOR, set by the Tcl script) words are ap_uint and integers ap_int of the exact width. With a plain
// C++14 compiler they are stand-ins of at least that width, so the same source simulates with g++ alone.
//
// For another HLS compiler: EP_BAMBU has AMD's types and none of its pragmas but DATAFLOW and INTERFACE, and no TLAST; any
// other gets its spelling of EP_PRAGMA and EP_PIPELINE from a header that is included first (-include).
#ifndef EDGEPACK_WORD_H
#define EDGEPACK_WORD_H

#include <stdint.h>

#if (defined(__SYNTHESIS__) || defined(EP_BAMBU)) && !defined(EP_VENDOR)
#define EP_VENDOR
#endif
#if defined(EP_BAMBU) && !defined(EP_NO_LAST)
#define EP_NO_LAST
#endif
#ifdef EP_VENDOR
#include <ap_int.h>
#endif

#define EP_PRAGMA_TEXT(...) _Pragma(#__VA_ARGS__)
#ifndef EP_PRAGMA
#if defined(EP_VENDOR) && !defined(EP_BAMBU)
#define EP_PRAGMA(...) EP_PRAGMA_TEXT(HLS __VA_ARGS__)
#else
#define EP_PRAGMA(...)
#endif
#endif
// The two that say what the design is and not how fast: a compiler that has pragmas at all has these.
#ifdef EP_BAMBU
#define EP_DESIGN_PRAGMA(...) EP_PRAGMA_TEXT(HLS __VA_ARGS__)
#else
#define EP_DESIGN_PRAGMA(...) EP_PRAGMA(__VA_ARGS__)
#endif

// First thing in a loop that starts an iteration every CYCLES cycles.
#ifdef EP_TIMED
namespace ep {
namespace timed {
void tick(int cycles);
}
}  // namespace ep
#define EP_PIPELINE(CYCLES) ::ep::timed::tick(CYCLES);
#elif !defined(EP_PIPELINE)
#define EP_PIPELINE(CYCLES) EP_PRAGMA(PIPELINE II = CYCLES)
#endif

namespace ep {

#ifdef EP_VENDOR

template <int BITS>
struct integer_of {
    typedef ap_int<BITS> type;
};
template <int LANES, int BITS>
struct word_of {
    typedef ap_uint<LANES * BITS> type;
};

#else

template <int BYTES>
struct plain_integer;
template <>
struct plain_integer<1> {
    typedef int8_t type;
};
template <>
struct plain_integer<4> {
    typedef int32_t type;
};
template <>
struct plain_integer<8> {
    typedef int64_t type;
};

template <int BITS>
struct integer_of {
    static_assert(BITS >= 1 && BITS <= 64, "no plain integer is wider than 64 bits");
    typedef typename plain_integer<(BITS <= 8 ? 1 : BITS <= 32 ? 4 : 8)>::type type;
};
template <int LANES, int BITS>
struct word_of {
    struct type {
        typename integer_of<BITS>::type lanes[LANES];
    };
};

#endif

/// A signed integer of BITS bits.
template <int BITS>
using integer = typename integer_of<BITS>::type;

constexpr int bits_of(int value) { return value > 0 ? 1 + bits_of(value >> 1) : 0; }

/// Counts from 0 to MOST in as many bits as that takes; an int would become a comparator and an adder of 32.
template <int MOST>
using counter = integer<bits_of(MOST) + 1>;

/// The next of 0 to END - 1, in a circle.
template <int END>
inline counter<END> next(counter<END> at) {
    EP_PRAGMA(INLINE)
    if (at == END - 1) {
        return 0;
    }
    return at + 1;
}

/// One beat of a stream: LANES signed integers of BITS bits each.
template <int LANES, int BITS = 8>
using word = typename word_of<LANES, BITS>::type;

template <int LANES, int BITS = 8>
inline integer<BITS> get(const word<LANES, BITS> &beat, int lane) {
    EP_PRAGMA(INLINE)
#ifdef EP_VENDOR
    const ap_uint<BITS> bits = beat.range(BITS * lane + BITS - 1, BITS * lane);
    integer<BITS> value;
    value.range(BITS - 1, 0) = bits;
    return value;
#else
    return beat.lanes[lane];
#endif
}

template <int LANES, int BITS = 8>
inline void put(word<LANES, BITS> &beat, int lane, integer<BITS> value) {
    EP_PRAGMA(INLINE)
#ifdef EP_VENDOR
    beat.range(BITS * lane + BITS - 1, BITS * lane) = value.range(BITS - 1, 0);
#else
    beat.lanes[lane] = value;
#endif
}

}  // namespace ep

#endif
