/* What the machine's dot product asks of the constants. */
#ifndef EDGEPACK_TARGET_H
#define EDGEPACK_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* vpdpbusd multiplies unsigned by signed bytes: 128 is added to every activation, and taken off the sums again by a
   constant that exists only then. A mix of compiler flags between files is an error of the linker, not a wrong number. */
#if defined(__AVX512VNNI__) && defined(__AVX512VL__) && defined(__AVX512BW__) && !defined(EDGEPACK_PORTABLE)
#define EP_UNSIGNED 1
#define EP_SUMS(symbol) (symbol)
#else
#define EP_UNSIGNED 0
#define EP_SUMS(symbol) NULL
#endif

#endif
