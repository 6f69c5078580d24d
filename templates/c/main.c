/* Runs the model on this machine: raw input tensors from a file or standard input, raw output tensors to standard
   output, one inference after the other until the input ends. With --selftest, checks it against the golden inputs. */
#include "model.h"

#include <stdio.h>
#include <string.h>

static uint8_t space[MODEL_ARENA_BYTES + MODEL_ARENA_ALIGN];

static uint8_t *arena(void)
{
    uint8_t *at = space;
    while ((uintptr_t)at % MODEL_ARENA_ALIGN)
        at++;
    return at;
}

static int selftest(void)
{
    const int failed = model_selftest(arena(), MODEL_ARENA_BYTES);
    if (failed == 0) {
        puts("selftest: every layer is as it should be");
        return 0;
    }
    printf("selftest: %s\n", failed < 0 ? "the arena was refused" : model_layer_name((size_t)failed - 1));
    return 1;
}

/* Reads a whole set of inputs; 0 at the end of the file, -1 in the middle of a set. */
static int read_inputs(const model_t *model, FILE *file)
{
    for (size_t i = 0; i < MODEL_INPUTS; i++) {
        const size_t wanted = model_input_bytes(i);
        const size_t got = fread(model_input(model, i), 1, wanted, file);
        if (got != wanted)
            return got == 0 && i == 0 ? 0 : -1;
    }
    return 1;
}

static int run(FILE *file)
{
    model_t model;
    if (model_init(&model, arena(), MODEL_ARENA_BYTES) != 0)
        return 1;
    for (;;) {
        const int more = read_inputs(&model, file);
        if (more == 0)
            return 0;
        if (more < 0) {
            fputs("the input ends in the middle of a tensor\n", stderr);
            return 1;
        }
        model_invoke(&model);
        for (size_t i = 0; i < MODEL_OUTPUTS; i++)
            if (fwrite(model_output(&model, i), 1, model_output_bytes(i), stdout) != model_output_bytes(i))
                return 1;
    }
}

int main(int argc, char **argv)
{
    if (argc > 2) {
        fprintf(stderr, "usage: %s [--selftest | INPUT]\n", argv[0]);
        return 2;
    }
    if (argc == 2 && strcmp(argv[1], "--selftest") == 0)
        return selftest();
    FILE *const file = argc == 2 ? fopen(argv[1], "rb") : stdin;
    if (!file) {
        fprintf(stderr, "%s: can't be read\n", argv[1]);
        return 1;
    }
    const int status = run(file);
    if (file != stdin)
        fclose(file);
    return status || fflush(stdout) ? 1 : 0;
}
