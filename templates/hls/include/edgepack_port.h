// The ports of the top function: AXI4-Stream with TLAST, which ends a DMA engine's transfer with the frame.
#ifndef EDGEPACK_PORT_H
#define EDGEPACK_PORT_H

#include "edgepack_stream.h"

#if defined(EP_VENDOR) && !defined(EP_NO_LAST)
#include <ap_axi_sdata.h>
#endif

namespace ep {

/// A beat of a port. EP_NO_LAST is for HLS compilers that know no side channels: a beat is then its data alone.
#ifdef EP_NO_LAST
template <int LANES>
using beat = word<LANES>;
#elif defined(EP_VENDOR)
template <int LANES>
using beat = ap_axiu<8 * LANES, 0, 0, 0>;
#else
template <int LANES>
struct beat {
    word<LANES> data;
    bool last;
};
#endif

template <int LANES>
using port = hls::stream<beat<LANES>>;

template <int LANES>
inline word<LANES> data_of(const beat<LANES> &from) {
    EP_PRAGMA(INLINE)
#ifdef EP_NO_LAST
    return from;
#else
    return from.data;
#endif
}

template <int LANES>
inline beat<LANES> beat_of(const word<LANES> &data, bool last) {
    EP_PRAGMA(INLINE)
#ifdef EP_NO_LAST
    static_cast<void>(last);
    return data;
#else
    beat<LANES> made;
    made.data = data;
    made.last = last;
#ifdef EP_VENDOR
    made.keep = -1;
    made.strb = -1;
#endif
    return made;
#endif
}

/// A frame from a port. TLAST is not looked at: many frames may come in one transfer.
template <int TOTAL, int LANES>
void receive(port<LANES> &in, stream<LANES> &out) {
    EP_PRAGMA(INLINE)
    for (int i = 0; i < TOTAL / LANES; ++i) {
        EP_PIPELINE(1)
        out.write(data_of<LANES>(in.read()));
    }
}

/// A frame to a port, TLAST with its last beat.
template <int TOTAL, int LANES>
void send(stream<LANES> &in, port<LANES> &out) {
    EP_PRAGMA(INLINE)
    for (int i = 0; i < TOTAL / LANES; ++i) {
        EP_PIPELINE(1)
        const word<LANES> data = in.read();
        out.write(beat_of<LANES>(data, i + 1 == TOTAL / LANES));
    }
}

}  // namespace ep

#endif
