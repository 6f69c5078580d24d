/* Runs one layer of a model some times: for counting instructions. Its inputs are what the arena holds: zeros. */
#include "model.h"

#include "linux.h"

MODEL_ARENA(arena);

static size_t number(const char *text)
{
    size_t value = 0;
    for (; *text; text++)
        value = 10 * value + (size_t)(*text - '0');
    return value;
}

static int runner_main(int argc, char **argv)
{
    model_t model;
    (void)runner_open, (void)runner_stdin, (void)runner_read, (void)runner_write;
    if (argc != 3 || model_init(&model, arena, sizeof arena) != 0)
        return 2;
    for (size_t times = number(argv[2]); times > 0; times--)
        model_layer(&model, number(argv[1]));
    return 0;
}
