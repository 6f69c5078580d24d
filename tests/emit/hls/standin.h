/* What the driver in C is compiled with in place of the board: files that exist, and registers that are functions. */
#include <stdint.h>

#define EDGEPACK_MEMORY FOLDER "/memory"
#define EDGEPACK_BUFFER FOLDER "/buffer"
#define EDGEPACK_BUFFER_INFO FOLDER "/"

uint32_t get(volatile uint32_t *registers, unsigned offset);
void set(volatile uint32_t *registers, unsigned offset, uint32_t value);
