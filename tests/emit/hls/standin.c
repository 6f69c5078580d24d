/* A board for the driver in C: a DMA engine each way, and between them the design, as a table of the golden frames.
 *
 * Defined outside: FOLDER, GOLDEN, BASE (of the buffer), IN_BYTES and OUT_BYTES of a frame, ERROR (status bits).
 */
#include "standin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *known_in, *known_out, *buffer;
static size_t frames, waiting, taken, sink;
static uint64_t source;
static int running, resets;
static volatile uint32_t *from_stream;

static unsigned char *content(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = malloc(1 << 20);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void work(void) {
    const unsigned char *frame = buffer + source + taken * IN_BYTES;
    size_t k = 0;
    if (!running || !sink || taken == waiting) {
        return;
    }
    while (k < frames && memcmp(known_in + k * IN_BYTES, frame, IN_BYTES)) {
        ++k;
    }
    if (k == frames) {
        exit(9); /* no frame that was ever golden */
    }
    memcpy(buffer + sink - BASE, known_out + k * OUT_BYTES, OUT_BYTES);
    ++taken;
    sink = 0;
    from_stream[0x34 / 4] = 2 | ERROR;
}

uint32_t get(volatile uint32_t *registers, unsigned offset) { return registers[offset / 4]; }

void set(volatile uint32_t *registers, unsigned offset, uint32_t value) {
    size_t size;
    if (offset % 0x30 == 0 && value == 4) {
        ++resets;
        from_stream = offset ? registers : from_stream;
        return;
    }
    registers[offset / 4] = value;
    if (offset == 0 && value == 0x81) {
        if (resets != 2) {
            exit(8); /* started before its engines were reset */
        }
        running = 1;
        known_in = content(GOLDEN "/input_0.bin", &size);
        known_out = content(GOLDEN "/output_0.bin", &frames);
        frames = size / IN_BYTES;
    }
    if (offset == 0x28) {
        source = ((uint64_t)registers[0x1c / 4] << 32 | registers[0x18 / 4]) - BASE;
        waiting = value / IN_BYTES;
        taken = 0;
        registers[1] = 2;
    }
    if (offset == 0x58) {
        sink = (size_t)((uint64_t)registers[0x4c / 4] << 32 | registers[0x48 / 4]);
        registers[0x34 / 4] = 0;
    }
    if (offset == 0x28 || offset == 0x58) {
        work();
    }
}

void *mmap(void *wanted, size_t bytes, int rights, int flags, int file, long offset) {
    void *made = calloc(1, bytes);
    (void)wanted, (void)rights, (void)flags, (void)file, (void)offset;
    buffer = bytes != 0x1000 ? made : buffer;
    return made;
}
