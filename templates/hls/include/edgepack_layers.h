// Every layer of the library.
#ifndef EDGEPACK_LAYERS_H
#define EDGEPACK_LAYERS_H

#include "edgepack_elementwise.h"
#include "edgepack_matrix.h"
#include "edgepack_pool.h"
#include "edgepack_port.h"
#include "edgepack_rearrange.h"
#include "edgepack_requantize.h"
#include "edgepack_route.h"
#include "edgepack_softmax.h"
#include "edgepack_sparse.h"
#include "edgepack_window.h"

#endif
