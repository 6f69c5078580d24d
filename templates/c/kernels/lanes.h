/* Channels side by side, of which compilers make vectors: always as many, so that no loop depends on how many there are.
   Where channels are no multiple of that, the last ones are computed anew, with some before them. */
#ifndef EDGEPACK_LANES_H
#define EDGEPACK_LANES_H

#include "target.h"

#define EP_LANES 16

/* Whether that pays: without vectors nothing is worth being computed twice. */
#define EP_HAS_LANES (EP_PANELS || EP_NEON)

/* Before a loop over lanes: GCC would unroll it first, and make no vectors of what is left. */
#if defined(__GNUC__) && !defined(__clang__)
#define EP_SIDE_BY_SIDE _Pragma("GCC unroll 1")
#else
#define EP_SIDE_BY_SIDE
#endif

#endif
