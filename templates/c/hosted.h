/* What the runner needs of a C library: stdio.h. */
#ifndef EDGEPACK_HOSTED_H
#define EDGEPACK_HOSTED_H

#include <stdio.h>

typedef FILE *runner_file;
#define RUNNER_NONE NULL

static runner_file runner_open(const char *path) { return fopen(path, "rb"); }
static runner_file runner_stdin(void) { return stdin; }

/* Reads until `count` bytes are there or the file ends; returns how many are, or (size_t)-1 on an error. */
static size_t runner_read(runner_file file, void *to, size_t count)
{
    const size_t done = fread(to, 1, count, file);
    return ferror(file) ? (size_t)-1 : done;
}

/* Writes to standard output (1) or standard error (2); 0, or -1 where it can't. */
static int runner_write(int stream, const void *from, size_t count)
{
    FILE *const file = stream == 1 ? stdout : stderr;
    return fwrite(from, 1, count, file) == count && fflush(file) == 0 ? 0 : -1;
}

static int runner_main(int argc, char **argv);

int main(int argc, char **argv) { return runner_main(argc, argv); }

#endif
