// Processes that only move: width converters, copies, padding, concatenation.
#ifndef EDGEPACK_ROUTE_H
#define EDGEPACK_ROUTE_H

#include "edgepack_stream.h"

namespace ep {

/// A beat without its first BY lanes, the others in their places: wires, where a lane chosen at run time is a shifter.
template <int LANES, int BY>
inline word<LANES> without_first(const word<LANES> &beat) {
    EP_PRAGMA(INLINE)
    word<LANES> rest = beat;
    for (int l = 0; l + BY < LANES; ++l) {
        EP_PRAGMA(UNROLL)
        put<LANES>(rest, l, get<LANES>(beat, l + BY));
    }
    return rest;
}

/// TOTAL values from beats of NARROW lanes to beats of WIDE lanes, a multiple.
template <int TOTAL, int NARROW, int WIDE>
void widen(stream<NARROW> &in, stream<WIDE> &out) {
    EP_PRAGMA(INLINE)
    const int PARTS = WIDE / NARROW;
    word<WIDE> gathered;
    counter<PARTS> part = 0;
    for (int i = 0; i < TOTAL / NARROW; ++i) {
        EP_PIPELINE(1)
        const word<NARROW> x = in.read();
        for (int p = 0; p < PARTS; ++p) {
            EP_PRAGMA(UNROLL)
            if (p == part) {
                for (int l = 0; l < NARROW; ++l) {
                    EP_PRAGMA(UNROLL)
                    put<WIDE>(gathered, p * NARROW + l, get<NARROW>(x, l));
                }
            }
        }
        part = part + 1;
        if (part == PARTS) {
            part = 0;
            out.write(gathered);
        }
    }
}

/// TOTAL values from beats of WIDE lanes to beats of NARROW lanes, a divisor.
template <int TOTAL, int WIDE, int NARROW>
void narrow(stream<WIDE> &in, stream<NARROW> &out) {
    EP_PRAGMA(INLINE)
    const int PARTS = WIDE / NARROW;
    word<WIDE> held;
    counter<PARTS> part = 0;
    for (int i = 0; i < TOTAL / NARROW; ++i) {
        EP_PIPELINE(1)
        if (part == 0) {
            held = in.read();
        }
        word<NARROW> x;
        for (int l = 0; l < NARROW; ++l) {
            EP_PRAGMA(UNROLL)
            put<NARROW>(x, l, get<WIDE>(held, l));
        }
        out.write(x);
        held = without_first<WIDE, NARROW>(held);
        part = next<PARTS>(part);
    }
}

/// KEPT of PADDED values of each pixel: rows that a matrix unit computed only to fill its last group go no further.
template <int PIXELS, int PADDED, int KEPT, int WIDE, int NARROW>
void trim(stream<WIDE> &in, stream<NARROW> &out) {
    EP_PRAGMA(INLINE)
    const int PARTS = WIDE / NARROW;
    const int BEATS = PADDED / NARROW;
    word<WIDE> held;
    counter<PARTS> part = 0;
    counter<BEATS> at = 0;
    for (int i = 0; i < PIXELS * BEATS; ++i) {
        EP_PIPELINE(1)
        if (part == 0) {
            held = in.read();
        }
        if (at < KEPT / NARROW) {
            word<NARROW> x;
            for (int l = 0; l < NARROW; ++l) {
                EP_PRAGMA(UNROLL)
                put<NARROW>(x, l, get<WIDE>(held, l));
            }
            out.write(x);
        }
        held = without_first<WIDE, NARROW>(held);
        part = next<PARTS>(part);
        at = next<BEATS>(at);
    }
}

template <int TOTAL, int LANES>
void duplicate(stream<LANES> &in, stream<LANES> &first, stream<LANES> &second) {
    EP_PRAGMA(INLINE)
    for (int i = 0; i < TOTAL / LANES; ++i) {
        EP_PIPELINE(1)
        const word<LANES> x = in.read();
        first.write(x);
        second.write(x);
    }
}

/// A frame of `value` around an image.
template <int IN_H, int IN_W, int CHANNELS, int TOP, int BOTTOM, int LEFT, int RIGHT, int LANES>
void pad(stream<LANES> &in, stream<LANES> &out, int value) {
    EP_PRAGMA(INLINE)
    const int TILES = CHANNELS / LANES;
    word<LANES> outside;
    for (int l = 0; l < LANES; ++l) {
        EP_PRAGMA(UNROLL)
        put<LANES>(outside, l, static_cast<integer<8>>(value));
    }
    for (int y = 0; y < TOP + IN_H + BOTTOM; ++y) {
        for (int x = 0; x < LEFT + IN_W + RIGHT; ++x) {
            for (int t = 0; t < TILES; ++t) {
                EP_PIPELINE(1)
                const bool inside = y >= TOP && y < TOP + IN_H && x >= LEFT && x < LEFT + IN_W;
                word<LANES> beat = outside;
                if (inside) {
                    beat = in.read();
                }
                out.write(beat);
            }
        }
    }
}

/// A beats of `a`, then B of `b`, C of `c` and D of `d`, and so on, REPEAT times.
template <int REPEAT, int A, int B, int LANES>
void concatenate(stream<LANES> &a, stream<LANES> &b, stream<LANES> &out) {
    EP_PRAGMA(INLINE)
    counter<A + B> at = 0;
    for (int i = 0; i < REPEAT * (A + B); ++i) {
        EP_PIPELINE(1)
        word<LANES> beat;
        if (at < A) {
            beat = a.read();
        } else {
            beat = b.read();
        }
        out.write(beat);
        at = next<A + B>(at);
    }
}

template <int REPEAT, int A, int B, int C, int LANES>
void concatenate(stream<LANES> &a, stream<LANES> &b, stream<LANES> &c, stream<LANES> &out) {
    EP_PRAGMA(INLINE)
    counter<A + B + C> at = 0;
    for (int i = 0; i < REPEAT * (A + B + C); ++i) {
        EP_PIPELINE(1)
        word<LANES> beat;
        if (at < A) {
            beat = a.read();
        } else if (at < A + B) {
            beat = b.read();
        } else {
            beat = c.read();
        }
        out.write(beat);
        at = next<A + B + C>(at);
    }
}

template <int REPEAT, int A, int B, int C, int D, int LANES>
void concatenate(stream<LANES> &a, stream<LANES> &b, stream<LANES> &c, stream<LANES> &d, stream<LANES> &out) {
    EP_PRAGMA(INLINE)
    counter<A + B + C + D> at = 0;
    for (int i = 0; i < REPEAT * (A + B + C + D); ++i) {
        EP_PIPELINE(1)
        word<LANES> beat;
        if (at < A) {
            beat = a.read();
        } else if (at < A + B) {
            beat = b.read();
        } else if (at < A + B + C) {
            beat = c.read();
        } else {
            beat = d.read();
        }
        out.write(beat);
        at = next<A + B + C + D>(at);
    }
}

}  // namespace ep

#endif
