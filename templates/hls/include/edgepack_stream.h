// Streams and processes: the vendor's dataflow where there is one; else a stand-in that runs one process after the other
// and stops on a read from nothing and on data left behind; with EP_TIMED, a simulation that counts cycles.
#ifndef EDGEPACK_STREAM_H
#define EDGEPACK_STREAM_H

#include "edgepack_word.h"

#ifdef EP_VENDOR
#include <hls_stream.h>
#elif defined(EP_TIMED)
#include "edgepack_timed.h"
#else
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <vector>

namespace hls {

/// First in, first out, without a bound: a C simulation runs one process after the other to its end.
template <typename T>
class stream {
  public:
    explicit stream(const char *name = "stream") : label(name), head(0) {}
    stream(const stream &) = delete;
    stream &operator=(const stream &) = delete;
    ~stream() {
        if (head != beats.size()) {
            fail("was left with data that nobody read");
        }
    }

    bool empty() const { return head == beats.size(); }
    void write(const T &beat) { beats.push_back(beat); }
    T read() {
        if (head == beats.size()) {
            fail("was read while empty");
        }
        const T beat = beats[head++];
        if (head == beats.size()) {
            beats.clear();
            head = 0;
        }
        return beat;
    }

  private:
    void fail(const char *what) const {
        fprintf(stderr, "edgepack: stream '%s' %s\n", label, what);
        abort();
    }

    const char *label;
    size_t head;
    std::vector<T> beats;
};

}  // namespace hls
#endif

namespace ep {

template <int LANES, int BITS = 8>
using stream = hls::stream<word<LANES, BITS>>;

}  // namespace ep

// A stream of the top function, a process that runs beside the others, and their start.
#ifdef EP_TIMED
#define EP_STREAM(LANES, BITS, NAME, DEPTH) ep::stream<LANES, BITS> NAME(#NAME, ep::timed::depth_of(#NAME, DEPTH))
#define EP_PROCESS(NAME, ...) ep::timed::spawn(#NAME, [&] { NAME(__VA_ARGS__); })
#define EP_RUN() ep::timed::run()
#else
#define EP_STREAM(LANES, BITS, NAME, DEPTH) ep::stream<LANES, BITS> NAME(#NAME)
#define EP_PROCESS(NAME, ...) NAME(__VA_ARGS__)
#define EP_RUN() static_cast<void>(0)
#endif

#endif
